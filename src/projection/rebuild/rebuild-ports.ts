import type { Position } from '#kernel/position.ts'
import type { FoldedBatch, PlannedEvent } from '../fold.ts'
import type { DifferenceCounts, RebuildProof } from './rebuild-state.ts'

/**
 * Folds the same history a second time, on its own: plain maps, an adaptive sample of the keys, nothing of what the
 * engine saves and loads. What it has and what the shadow's tables hold must be equal (P4).
 */
export interface RebuildProver {
  /** How far it has seen the history, from the very beginning of the log. */
  noted(): Position
  /**
   * The next piece of history, up to and including `upTo`, with the skipped events left out. `isParked` says which
   * events the engine parked, by event id; some whose handlers are fine are among them, as Postgres refused their rows.
   * An event that is not parked and fails here is a difference.
   */
  note(plan: readonly PlannedEvent[], upTo: Position, isParked: (eventId: string) => boolean): void
  /** Begins again at the beginning of the log: what it was told of parked events does not hold any more. */
  forget(): void
  /** Rows it holds: they count against the memory of the rebuild. */
  heldRows(): number
  /** Compares with the shadow's tables, which stand still at `noted()`, durable, while it does. */
  prove(): Promise<RebuildProof>
}

/** What differs between live tables and shadow, so that watchers get exactly that at the swap. */
export interface DifferenceFinder {
  /** Compares all rows once, in the database, and remembers the keys that differ. The shadow stands still meanwhile. */
  compare(): Promise<DifferenceCounts>
  /** Rows the shadow's fold changes after `compare` began. */
  note(changes: FoldedBatch['changes']): void
  /**
   * Looks up the rows that the live tables' fold has changed since. To be asked now and then: what is left to look up at
   * the meeting, for which live work stands still, is what came after the last time.
   */
  noteLive(): Promise<void>
  /** Both stand at one position, saved: the keys that differ now, among those remembered and noted. */
  meet(): Promise<{ readonly [table: string]: readonly string[] } | 'too-many'>
}
