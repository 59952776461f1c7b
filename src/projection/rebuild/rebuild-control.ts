import type { RebuildRequest, RebuildState, RowDifference } from './rebuild-state.ts'

/** What a rebuild would take, before anybody starts it. */
export type RebuildEstimate = {
  readonly projection: string
  readonly fromVersion: number
  readonly toVersion: number
  /** Events it would read, as far as known: counted in a sample of the log where there are many. */
  readonly eventCount: number
  readonly isEventCountExact: boolean
  readonly seconds: number
  readonly secondsMin: number
  readonly secondsMax: number
  /** What the shadow tables would take, and what the disk has left; null where the database does not tell. */
  readonly diskBytes: number
  readonly diskFreeBytes: number | null
  /** Names of the observables that show it, and of how many selectors they are watched just now. */
  readonly observables: readonly string[]
  readonly watchedSelectors: number
}

/** Tables of an earlier version that can be swapped back in. */
export type KeptTables = {
  readonly projection: string
  readonly version: number
  readonly keptSince: number
  readonly tableBytes: number
  /** Why they cannot be returned to, or null when they can. */
  readonly obstacle: string | null
}

/**
 * Starting, steering and undoing rebuilds, on the logic that leads.
 *
 * Promises: who asked for what, and why, is in the log before it happens; one rebuild a projection at a time.
 * Errors: `not-found` (no such projection or rebuild), `already-running`, `bad-input`, `unavailable` (does not lead).
 */
export interface RebuildControl {
  /** Rebuilds under way, and those that ended lately, newest first. */
  list(): readonly RebuildState[]
  estimate(projection: string): Promise<RebuildEstimate>
  start(request: RebuildRequest): Promise<RebuildState>
  pause(id: string, by: string): Promise<void>
  resume(id: string, by: string): Promise<void>
  cancel(id: string, by: string, reason: string): Promise<void>
  /** Events a second at most from here on; null takes the limit away. */
  throttle(id: string, rateMax: number | null, by: string): Promise<void>
  /** The word to go on of somebody who has seen the differences. */
  approve(id: string, by: string): Promise<void>
  /** Differing rows of a rebuild that waits in `comparing`, in the order of table and key; `after` is a `differenceCursor`. */
  differences(id: string, page: { readonly after: string | null; readonly countMax: number }): Promise<RowDifference[]>
  kept(): Promise<readonly KeptTables[]>
  /** Drops the kept tables of an earlier version. */
  drop(projection: string, by: string): Promise<void>
}
