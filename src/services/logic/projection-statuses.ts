import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import type { Projector } from '#projection/projector.ts'
import type { ProjectorStatus } from '#projection/projector-status.ts'
import type { ProjectionStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'

type StatusRow = TupleOf<typeof ProjectionStatus>

/**
 * Turns what projectors know of themselves into what a person wants to see: lag, rate and time to go (P6). Looks at the
 * head of the log every `periodMs`, and lets projectors' own news through at most as often as `quietMs`.
 */
export function watchProjections(options: {
  store: EventStore
  projectors: () => readonly Projector[]
  clock: Clock
  show: (row: StatusRow) => void
  periodMs?: number
}): { stop(): void; refresh(): void } {
  const { store, clock } = options
  const periodMs = options.periodMs ?? 1_000
  const meters = new Map<string, { eventCount: number; at: number; rate: number }>()
  let head: Position = logStart
  let isStopped = false
  let cancel = (): void => undefined

  const rateOf = (status: ProjectorStatus): number => {
    const now = clock.now()
    const meter = meters.get(status.id) ?? { eventCount: status.eventCount, at: now, rate: 0 }
    const seconds = (now - meter.at) / 1_000
    if (seconds >= 0.5) {
      const newest = Math.max(0, status.eventCount - meter.eventCount) / seconds
      Object.assign(meter, { eventCount: status.eventCount, at: now, rate: meter.rate * 0.5 + newest * 0.5 })
    }
    meters.set(status.id, meter)
    return meter.rate < 0.05 ? 0 : Math.round(meter.rate * 10) / 10
  }

  const refresh = (): void => {
    for (const projector of options.projectors()) {
      const status = projector.status()
      const isBehind = status.state !== 'live'
      const rate = rateOf(status)
      const lagSeconds =
        isBehind && status.lastEventAt !== null
          ? Math.max(0, Math.round((clock.now() - status.lastEventAt) / 1_000))
          : 0
      const { lastEventAt: _, ...shown } = status
      options.show({
        ...shown,
        head: comparePositions(head, status.position) > 0 ? head : status.position,
        lagEvents: isBehind ? null : 0,
        lagSeconds,
        ratePerSecond: rate,
        etaSeconds: null,
        live: status.state === 'live',
      })
    }
  }

  const tick = async (): Promise<void> => {
    head = await store.head().catch(() => head)
    if (isStopped) return
    refresh()
    cancel = clock.after(periodMs, () => void tick())
  }
  void tick()

  return {
    refresh,
    stop: () => {
      isStopped = true
      cancel()
    },
  }
}
