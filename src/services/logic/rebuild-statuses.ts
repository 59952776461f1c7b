import type { Clock } from '#kernel/clock.ts'
import type { RebuildControl } from '#projection/rebuild/rebuild-control.ts'
import type { RebuildState } from '#projection/rebuild/rebuild-state.ts'
import type { RebuildStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'

type StatusRow = TupleOf<typeof RebuildStatus>

const lookEveryMs = 500

/** Shows rebuilds as they go: looks every `periodMs`, and takes away what is not listed any more. */
export function watchRebuilds(options: {
  rebuilds: () => Pick<RebuildControl, 'list'> | undefined
  show: (row: StatusRow) => void
  remove: (id: string) => void
  clock: Clock
  periodMs?: number
}): { stop(): void } {
  const { rebuilds, show, remove, clock, periodMs = lookEveryMs } = options
  let shown: ReadonlySet<string> = new Set()

  const look = (): void => {
    const states = rebuilds()?.list() ?? []
    for (const state of states) show(toRebuildRow(state))
    const listed = new Set(states.map(({ id }) => id))
    for (const id of shown) if (!listed.has(id)) remove(id)
    shown = listed
    cancel = clock.after(periodMs, look)
  }
  let cancel = clock.after(0, look)
  return { stop: () => cancel() }
}

/** Counts only: the whole proof and the differing rows are asked for. */
export function toRebuildRow({ proof, differences, ...state }: RebuildState): StatusRow {
  return {
    ...state,
    proofOutcome: proof?.outcome ?? null,
    proofSampleShare: proof?.sampleShare ?? null,
    differencesAdded: differences?.added ?? null,
    differencesRemoved: differences?.removed ?? null,
    differencesChanged: differences?.changed ?? null,
  }
}
