import type { RecordedEvent } from '#event-store/event-store.ts'
import type { Position } from '#kernel/position.ts'
import type { QueryRunner } from '#storage/client.ts'
import type { Row } from '#vortex/protocol/row.ts'
import type { ProjectionDefinition } from './define-projection.ts'
import type { PlannedEvent, RowChange } from './fold.ts'
import type { ParkedAction } from './parking/action-effects.ts'
import type { TableShapes } from './table-shape.ts'

/** The code of one run of a projector: the same object as long as it is the same run. */
export type RunningCode = {
  readonly definition: ProjectionDefinition
  readonly shapes: TableShapes
  /** What the handlers want of these events, skipped ones left out. */
  readonly plan: (events: readonly RecordedEvent[]) => PlannedEvent[]
}

/**
 * A projector's turn, lent to somebody else between two of its batches: nothing is projected meanwhile, so the one who
 * has it is the one writer.
 */
export interface ProjectorTurn {
  readonly code: RunningCode
  /** All events up to here are in the rows, or parked. */
  readonly position: Position
  /**
   * Commits changes of rows that belong to events before the position: a parked event's, or rows folded anew. Since the
   * position stays, the read model begins a new life with them, and the announcement says which one it continues.
   * Rejects with what Postgres throws; after anything but an error of the data the run is over, and its successor
   * finds out how it ended.
   */
  commit(work: AsideWork): Promise<ReadonlyMap<string, readonly RowChange[]>>
  /** This event is left out from here on. */
  noteSkipped(eventId: string): void
  /** How many events of each of these streams are parked now. */
  noteParked(counts: ReadonlyMap<string, number>): void
}

/** Does the rest of the transaction, and answers what changes. */
export type AsideWork = (
  tx: QueryRunner,
  loadRows: (plan: readonly PlannedEvent[]) => Promise<RowLookup>,
) => Promise<AsideChanges>

export type AsideChanges = {
  readonly rows: ReadonlyMap<string, readonly RowChange[]>
  /** Actions with events that were parked until now, or are parked now. */
  readonly touched: readonly ParkedAction[]
}

export type RowLookup = (table: string, key: string) => Row | undefined
