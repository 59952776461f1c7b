import type { ProjectionStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'

/** What is to be known of a projection beside its projector: who shows it, what it takes, and what is kept of it. */
export type ProjectionFacts = {
  -readonly [K in
    | 'observables'
    | 'watchedSelectors'
    | 'tableBytes'
    | 'keptVersion'
    | 'keptBytes'
    | 'pinnedVersion']: TupleOf<typeof ProjectionStatus>[K]
}

export const noFacts: ProjectionFacts = {
  observables: [],
  watchedSelectors: 0,
  tableBytes: null,
  keptVersion: null,
  keptBytes: null,
  pinnedVersion: null,
}
