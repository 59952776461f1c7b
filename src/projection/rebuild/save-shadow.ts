import { must } from '#kernel/assert.ts'
import type { Position } from '#kernel/position.ts'
import { lockUntilCommit } from '#storage/advisory-lock.ts'
import { deleteRows, upsertRows } from '#storage/bulk-write.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { moveCheckpoint } from '../checkpoint.ts'
import type { ProjectionDefinition } from '../define-projection.ts'
import type { ParkedEvent } from '../fold.ts'
import { saveParked } from '../parked-events.ts'
import type { TableShapes } from '../table-shape.ts'
import type { UnsavedRow, UnsavedRows } from './shadow-rows.ts'

export type ShadowSave = {
  readonly rows: UnsavedRows
  readonly parked: readonly ParkedEvent[]
  readonly move: {
    readonly from: Position
    readonly to: Position
    readonly incarnation: string
    readonly epoch: number
    readonly eventCount: number
  }
  /** On the disk when it resolves, and all saves before it too. */
  readonly isDurable: boolean
}

/**
 * Saves a piece of a shadow: rows, parked events and its checkpoint in one transaction, so that it goes on exactly there
 * (P2, P3). Refused as `lost-leadership` when somebody else has moved the checkpoint.
 */
export async function saveShadow(
  options: { sql: Client; definition: ProjectionDefinition; shapes: TableShapes; parkedName: string },
  { rows, parked, move, isDurable }: ShadowSave,
): Promise<void> {
  const { schemaName } = options.definition.model
  await inTransaction(options.sql, async (tx) => {
    await lockUntilCommit(tx, schemaName)
    if (isDurable) await tx.unsafe('set local synchronous_commit = on')
    await tx.unsafe('set local statement_timeout = 0')
    // Before the rows: who is not allowed to write finds out before the work.
    await moveCheckpoint(tx, schemaName, move)
    for (const [table, ofTable] of rows) await saveTable(tx, options, table, [...ofTable.values()])
    if (parked.length > 0) await saveParked(tx, options.parkedName, parked)
  })
}

async function saveTable(
  tx: QueryRunner,
  { definition, shapes }: { definition: ProjectionDefinition; shapes: TableShapes },
  table: string,
  rows: readonly UnsavedRow[],
): Promise<void> {
  const drizzleTable = must(definition.model.tables[table], `${table} is a table of the read model`)
  const shape = must(shapes[table], `${table} is a table of the projection`)
  const written = rows.flatMap(({ row }) => (row ? [row] : []))
  const gone = rows.filter(({ row }) => !row).map(({ keyValues }) => shape.keyRow(keyValues))
  if (written.length > 0) await upsertRows(tx, drizzleTable, written)
  if (gone.length > 0) await deleteRows(tx, drizzleTable, gone)
}
