import type { Position } from '#kernel/position.ts'
import type { Row } from '#vortex/protocol/row.ts'

/** One row of a read model that an event changed. */
export type ExplainedRow = {
  /** `<plugin>.<projection>`. */
  readonly projection: string
  readonly table: string
  readonly key: string
  readonly before: Row | null
  readonly after: Row | null
}

/** The rows that the event at this position changed, in every read model; `words` says what could not be told. */
export type RowChangesOf = (
  position: Position,
) => Promise<{ readonly rows: readonly ExplainedRow[]; readonly words?: string }>
