import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { Random } from '#kernel/random.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import { type Snapshot, snapshotRowsMax } from '#vortex/protocol/snapshot.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import type { Publish } from './watcher.ts'

/** What an edge needs from around it, how much it keeps, and what it tells of itself. */

export type EdgeStats = {
  readonly selectorCount: number
  readonly observationCount: number
  readonly rowCount: number
  readonly groupCount: number
}

/** Selectors that somebody watches, by the name of their observable. */
export type WatchedCounts = { readonly [observable: string]: number }

/** How much is kept and how long; the defaults suit a server of some thousand devices. */
export type EdgeBounds = {
  /** Patches are collected this long, so that a burst is one frame; the first after a quiet time goes at once. */
  readonly flushMs: number
  /** How long a selector nobody watches is kept, how many of them, and of how many rows together. */
  readonly lingerMs: number
  readonly idleCountMax: number
  readonly idleRowsMax: number
  /** Snapshots under way at once. */
  readonly loadCountMax: number
  /** Rows of one selector, and of all together. */
  readonly selectorRowsMax: number
  readonly totalRowsMax: number
  /** Changed rows kept while snapshots are under way. */
  readonly recentRowsMax: number
}

export const defaultEdgeBounds: EdgeBounds = {
  flushMs: 10,
  // Over a night: a crew that comes back in the morning is told what changed, with no query for what did not.
  lingerMs: 16 * 60 * 60_000,
  idleCountMax: 5_000,
  idleRowsMax: 200_000,
  loadCountMax: 32,
  selectorRowsMax: snapshotRowsMax,
  totalRowsMax: 1_000_000,
  recentRowsMax: 50_000,
}

export type EdgeOptions = {
  /** Rejects with the reason; ends by itself, with a deadline. */
  readonly load: (name: string, selector: Selector, by: Principal) => Promise<Snapshot>
  readonly toWireError: (error: unknown) => WireError
  readonly publish: Publish
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Runs work when what runs now is done. */
  readonly soon?: (work: () => void) => void
  readonly bounds?: Partial<EdgeBounds>
}
