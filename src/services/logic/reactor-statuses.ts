import type { EventStore } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import type { Clock } from '#kernel/clock.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import type { Reactor } from '#reactor/reactor.ts'
import type { ReactorStatus as StatusTuple } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { createProgressMeter, type ProgressMeter } from './progress-meter.ts'

type StatusRow = TupleOf<typeof StatusTuple>

/** Events behind the checkpoint that are neither done nor noted, the oldest recorded then. Null: more than is counted. */
type Lag = { readonly eventCount: number | null; readonly since: number | null }
type Watched = { readonly meter: ProgressMeter; lag: Lag; position: Position; countedAt: number }

const countedEventsMax = 1_000
/** More than can be counted is not counted again at once: each count reads the events. */
const recountMsMin = 5_000
const nothing: Lag = { eventCount: 0, since: null }

/** Shows what reactors know of themselves, with lag and rate beside it; looks every `periodMs`. */
export function watchReactors(options: {
  store: EventStore
  reactors: () => readonly Reactor[]
  clock: Clock
  show: (row: StatusRow) => void
  remove: (id: string) => void
  periodMs?: number
}): { stop(): void } {
  const { store, clock, periodMs = 1_000 } = options
  const watched = new Map<string, Watched>()
  let head: Position = logStart
  let isStopped = false
  let cancel = (): void => undefined

  const watchedOf = (id: string): Watched => {
    const found = watched.get(id) ?? { meter: createProgressMeter(), lag: nothing, position: logStart, countedAt: 0 }
    watched.set(id, found)
    return found
  }

  /** One that follows at its own pace has nothing to count; one that stands still has. */
  const countLag = async (reactor: Reactor): Promise<void> => {
    const { id, position, state } = reactor.status()
    const one = watchedOf(id)
    const hasMoved = one.position !== position
    one.position = position
    if (comparePositions(head, position) <= 0 || (state === 'live' && hasMoved)) {
      one.lag = nothing
      return
    }
    if (one.lag.eventCount === null && clock.now() - one.countedAt < recountMsMin) return
    const countMax = countedEventsMax + 1
    const ahead = await store.readLog({
      beyond: position,
      direction: 'forwards',
      filter: reactor.filter,
      countMax,
    })
    const [first] = ahead
    const since = first ? (parseMetadata(first.metadata).recordedAt ?? first.storedAt) : null
    one.lag = { eventCount: ahead.length === countMax ? null : ahead.length, since }
    one.countedAt = clock.now()
  }

  const show = (): void => {
    const reactors = options.reactors()
    for (const reactor of reactors) {
      const status = reactor.status()
      const { meter, lag } = watchedOf(reactor.id)
      meter.look(clock.now(), status.doneCount, status.position)
      options.show({
        ...status,
        head: comparePositions(head, status.position) > 0 ? head : status.position,
        lagEvents: lag.eventCount,
        lagSeconds: lag.since === null ? 0 : Math.max(0, Math.round((clock.now() - lag.since) / 1_000)),
        ratePerSecond: meter.eventsPerSecond,
      })
    }
    for (const id of [...watched.keys()]) {
      if (reactors.some((reactor) => reactor.id === id)) continue
      watched.delete(id)
      options.remove(id)
    }
  }
  const tick = async (): Promise<void> => {
    try {
      head = await store.head()
      for (const reactor of options.reactors()) await countLag(reactor)
    } catch {
      // The store is away, which its own health says; what was counted last stays shown.
    }
    if (isStopped) return
    show()
    cancel = clock.after(periodMs, () => void tick())
  }
  void tick()

  return {
    stop: () => {
      isStopped = true
      cancel()
    },
  }
}
