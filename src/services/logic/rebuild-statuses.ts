import type { Clock } from '#kernel/clock.ts'
import type { RebuildControl } from '#projection/rebuild/rebuild-control.ts'
import { isOver, type RebuildState } from '#projection/rebuild/rebuild-state.ts'
import type { RebuildStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'

type StatusRow = TupleOf<typeof RebuildStatus>

const lookEveryMs = 500
const rateEveryMs = 1_000
const rateCountMax = 120

/**
 * Shows rebuilds as they go: looks every `periodMs`, keeps how fast each went lately, and takes away what is not listed
 * any more.
 */
export function watchRebuilds(options: {
  rebuilds: () => Pick<RebuildControl, 'list'> | undefined
  show: (row: StatusRow) => void
  remove: (id: string) => void
  clock: Clock
  periodMs?: number
}): { stop(): void } {
  const { rebuilds, show, remove, clock, periodMs = lookEveryMs } = options
  let shown: ReadonlyMap<string, Pace> = new Map()

  const look = (): void => {
    const states = rebuilds()?.list() ?? []
    const paces = new Map(states.map((state) => [state.id, paceAfter(shown.get(state.id), state, clock.now())]))
    for (const state of states) show(toRebuildRow(state, paces.get(state.id)?.rates ?? []))
    for (const id of shown.keys()) if (!paces.has(id)) remove(id)
    shown = paces
    cancel = clock.after(periodMs, look)
  }
  let cancel = clock.after(0, look)
  return { stop: () => cancel() }
}

type Pace = { readonly rates: readonly number[]; readonly at: number }

/** What waits or is over has no pace: its line stays as it was. */
function paceAfter(pace: Pace = { rates: [], at: Number.NEGATIVE_INFINITY }, state: RebuildState, now: number): Pace {
  const { phase, isPaused, eventsPerSecond } = state
  const isMoving = !isOver(phase) && !isPaused && phase !== 'queued' && phase !== 'comparing'
  if (!isMoving || now - pace.at < rateEveryMs) return pace
  return { rates: [...pace.rates, Math.round(eventsPerSecond)].slice(-rateCountMax), at: now }
}

/** Counts only: the whole proof and the differing rows are asked for. */
function toRebuildRow({ proof, differences, ...state }: RebuildState, rates: readonly number[]): StatusRow {
  return {
    ...state,
    lastRates: [...rates],
    proofOutcome: proof?.outcome ?? null,
    proofSampleShare: proof?.sampleShare ?? null,
    differencesAdded: differences?.added ?? null,
    differencesRemoved: differences?.removed ?? null,
    differencesChanged: differences?.changed ?? null,
  }
}
