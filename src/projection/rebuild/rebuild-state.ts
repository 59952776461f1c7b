import type { Position } from '#kernel/position.ts'

/**
 * Where a rebuild is. It goes through the phases in this order. After `kill -9` anywhere a new process goes through them
 * once more from what was saved last: what is done takes a moment, and what was proved is not proved again.
 *
 *   queued      wanted, nothing done yet
 *   folding     history is read and folded, and saved to the shadow tables in large pieces
 *   indexing    the shadow tables get their indexes
 *   following   the shadow follows the live log until it is close behind
 *   proving     counts and hashes of the shadow's rows are compared with an independent fold
 *   comparing   somebody asked to see the differences first: waits for the word to go on
 *   swapping    the shadow meets the live tables at one position and takes their place
 *   done, cancelled, failed
 */
export type RebuildPhase =
  | 'queued'
  | 'folding'
  | 'indexing'
  | 'following'
  | 'proving'
  | 'comparing'
  | 'swapping'
  | 'done'
  | 'cancelled'
  | 'failed'

/** `rebuild` builds from the beginning of the log; `return` brings the kept previous tables forward and swaps them in. */
export type RebuildKind = 'rebuild' | 'return'

export type RebuildRequest = {
  readonly kind: RebuildKind
  /** `<plugin>.<projection>`. */
  readonly projection: string
  readonly by: string
  readonly reason: string
  /** Waits before the swap until somebody has looked at the differences. */
  readonly asksFirst: boolean
  /** Events a second at most; null: as fast as live work allows. */
  readonly rateMax: number | null
}

/** One rebuild as the admin app, the command line and the next leader see it. */
export type RebuildState = RebuildRequest & {
  readonly id: string
  readonly phase: RebuildPhase
  readonly isPaused: boolean
  readonly fromVersion: number
  readonly toVersion: number
  /** How far the shadow has come, and the head of the log when last looked at. */
  readonly position: Position
  readonly head: Position
  /** Events folded, rows in the shadow tables. */
  readonly eventCount: number
  readonly rowCount: number
  readonly eventsPerSecond: number
  /** Share of the whole work that is done, 0 to 1, and seconds to go with their range; null while nobody can know. */
  readonly share: number
  readonly etaSeconds: number | null
  readonly etaSecondsMin: number | null
  readonly etaSecondsMax: number | null
  readonly proof: RebuildProof | null
  readonly differences: DifferenceCounts | null
  /** How long the swap held its locks; null before it. */
  readonly swapMs: number | null
  readonly error: string | null
  readonly startedAt: number
  readonly endedAt: number | null
}

/** What was compared before the swap, and what came out (P4). */
export type RebuildProof = {
  readonly outcome: 'equal' | 'different'
  /** The share of rows folded a second time: 1 where all of them fit into memory. */
  readonly sampleShare: number
  readonly position: Position
  readonly tables: readonly {
    readonly table: string
    /** Of the sample: in the shadow, and as the independent fold has it. */
    readonly rowCount: number
    readonly wantedRowCount: number
    /** Order-independent, hexadecimal. */
    readonly hash: string
    readonly wantedHash: string
  }[]
  /** When different: keys of some rows that differ, to begin looking with. */
  readonly examples: readonly { readonly table: string; readonly key: string }[]
}

export type DifferenceCounts = { readonly added: number; readonly removed: number; readonly changed: number }

/** One row of the live tables beside the same row of the shadow: as plain values by property, undefined where absent. */
export type RowDifference = {
  readonly table: string
  readonly key: string
  readonly live: Readonly<Record<string, unknown>> | undefined
  readonly shadow: Readonly<Record<string, unknown>> | undefined
}

/** Names a differing row: what `differences` takes as `after` to go on behind it. No table's name holds a space. */
export function differenceCursor({ table, key }: Pick<RowDifference, 'table' | 'key'>): string {
  return `${table} ${key}`
}

export function parseDifferenceCursor(cursor: string): Pick<RowDifference, 'table' | 'key'> {
  const end = cursor.indexOf(' ')
  return { table: cursor.slice(0, end), key: cursor.slice(end + 1) }
}

export function isOver(phase: RebuildPhase): boolean {
  return phase === 'done' || phase === 'cancelled' || phase === 'failed'
}
