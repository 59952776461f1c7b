import type { FoldedBatch } from '../fold.ts'
import { storableWords } from '../parked-events.ts'
import type { UnparkedOutcome } from '../parking-control.ts'

/** Counts what happens to parked events while it happens. */
export interface Tally {
  projected(count: number): void
  skipped(count: number): void
  gone(count: number): void
  changed(changes: FoldedBatch['changes']): void
  failed(words: string): void
  stillParked(count: number): void
  outcome(): UnparkedOutcome
}

export function createTally(): Tally {
  let outcome: UnparkedOutcome = {
    projectedCount: 0,
    skippedCount: 0,
    goneCount: 0,
    changedRowCount: 0,
    stillParkedCount: 0,
    words: null,
  }
  const add = (key: Exclude<keyof UnparkedOutcome, 'words'>, count: number): void => {
    outcome = { ...outcome, [key]: outcome[key] + count }
  }
  return {
    projected: (count) => add('projectedCount', count),
    skipped: (count) => add('skippedCount', count),
    gone: (count) => add('goneCount', count),
    changed: (changes) => {
      for (const rows of changes.values()) add('changedRowCount', rows.length)
    },
    failed: (words) => {
      outcome = { ...outcome, words: outcome.words ?? storableWords(words) }
    },
    stillParked: (count) => add('stillParkedCount', count),
    outcome: () => outcome,
  }
}
