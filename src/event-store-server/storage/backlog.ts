/** What may wait beside the log's end, in the write-ahead log and in memory, and how much of it is put in order at once. */

export type Backlog = { readonly logBytes: number; readonly unindexedEvents: number }

/** How much may wait for a checkpoint before one is worthwhile in an idle moment, or overdue. */
export type BacklogLimits = { readonly worthwhile: Backlog; readonly overdue: Backlog }

/** An event in a long log is on two pages of the indexes that no other one of its piece is on. */
export const indexBytesEach = 8_192

/**
 * After a checkpoint the write-ahead log is written over from its beginning, and a sync of a file that does not grow
 * costs about half. So checkpoints come often; each writes a page once, however many commits have changed it.
 * Indexing starts late, as events of one piece that share an index page write it once; the limit bounds memory and the time
 * of an opening.
 */
export const defaultBacklog: BacklogLimits = {
  worthwhile: { logBytes: 1_048_576, unindexedEvents: 4_096 },
  overdue: { logBytes: 8 * 1_048_576, unindexedEvents: 6_144 },
}

/** How many events are indexed at once: few, as appends wait for it; more when they come faster than few would keep up with. */
export function indexPiece({ worthwhile, overdue }: BacklogLimits, unindexedCount: number): number {
  const excess = unindexedCount - overdue.unindexedEvents
  return Math.max(Math.ceil(worthwhile.unindexedEvents / 32), 2 * excess)
}
