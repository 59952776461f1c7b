import type { OutsideFailure } from '../guard/outside-failure.ts'

/** Values of parameters, as both databases take them. */
export type SqlValue = string | number | bigint | boolean | null | Date | Uint8Array<ArrayBuffer>
export type SqlRow = { readonly [column: string]: unknown }
export type SqlRows = {
  readonly rows: readonly SqlRow[]
  /** Rows that were changed, where the statement changes some. */
  readonly changedCount: number
}

export type SqlStatement = {
  readonly text: string
  readonly values: readonly SqlValue[]
  /** One row more ends it as `too-large`. */
  readonly rowCountMax: number
}

/** Statements on one connection. */
export interface SqlRunner {
  run(statement: SqlStatement, signal: AbortSignal): Promise<SqlRows>
}

/**
 * One kind of database behind one pool of connections.
 *
 * Promises: when the signal is aborted the statement is cancelled, or its connection closed, so that it holds nothing up;
 * a transaction is rolled back when its work rejects, and takes nothing after that.
 */
export interface SqlDriver extends SqlRunner {
  stream(
    statement: Omit<SqlStatement, 'rowCountMax'>,
    batchCount: number,
    signal: AbortSignal,
  ): AsyncIterable<readonly SqlRow[]>
  transaction<T>(work: (runner: SqlRunner) => Promise<T>, signal: AbortSignal): Promise<T>
  /** What an error of the driver means; `what` names the statement. */
  toFailure(error: unknown, what: string): OutsideFailure
  close(): Promise<void>
}
