import { must } from '#kernel/assert.ts'
import type { Position } from '#kernel/position.ts'
import { lockUntilCommit } from '#storage/advisory-lock.ts'
import { deleteRows, selectRowsByKey, upsertRows } from '#storage/bulk-write.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import type { Row } from '#vortex/protocol/row.ts'
import { moveCheckpoint } from './checkpoint.ts'
import type { ProjectionDefinition } from './define-projection.ts'
import { projectionId } from './define-projection.ts'
import { applyPlan, type FoldedBatch, keysOf, type PlannedEvent, type RowChange } from './fold.ts'
import { saveParked } from './parked-events.ts'
import type { RowCache } from './row-cache.ts'
import { keyText, type TableShapes } from './table-shape.ts'

export type BatchMove = {
  readonly from: Position
  readonly to: Position
  readonly incarnation: string
  readonly epoch: number
}

/**
 * Commits one folded batch: rows, parked events and checkpoint in one transaction (P2). The schema's advisory lock comes
 * first, so that no writer spans a swap. Throws what Postgres throws, nothing changed and the cache emptied.
 */
export async function commitBatch(options: {
  sql: Client
  definition: ProjectionDefinition
  shapes: TableShapes
  plan: readonly PlannedEvent[]
  move: BatchMove
  cache: RowCache
  isParked: (stream: string) => boolean
}): Promise<FoldedBatch> {
  const { sql, definition, plan, move, cache } = options
  const { schemaName } = definition.model
  try {
    const folded = await inTransaction(sql, async (tx) => {
      await Promise.all([lockUntilCommit(tx, schemaName), loadMissing(tx, options)])
      const batch = applyPlan(plan, cache.get, options.isParked)
      await Promise.all([
        writeChanges(tx, options, batch.changes),
        batch.parked.length > 0 ? saveParked(tx, projectionId(definition), batch.parked) : undefined,
        moveCheckpoint(tx, schemaName, { ...move, eventCount: plan.length }),
      ])
      return batch
    })
    cache.take(folded.changes)
    return folded
  } catch (error) {
    cache.clear()
    throw error
  }
}

/** Reads the rows a plan needs and the cache does not know. */
export async function loadMissing(
  tx: QueryRunner,
  {
    definition,
    shapes,
    plan,
    cache,
  }: { definition: ProjectionDefinition; shapes: TableShapes; plan: readonly PlannedEvent[]; cache: RowCache },
): Promise<void> {
  const reads = [...keysOf(plan)].map(async ([table, keys]) => {
    const missing = [...keys].filter(([key]) => !cache.has(table, key))
    if (missing.length === 0) return
    const shape = must(shapes[table], `${table} is a table of the projection`)
    const drizzleTable = must(definition.model.tables[table], `${table} is a table of the read model`)
    const rows: Row[] = await selectRowsByKey(
      tx,
      drizzleTable,
      missing.map(([, key]) => shape.keyRow(key)),
    )
    for (const [key] of missing) cache.put(table, key, undefined)
    for (const row of rows) cache.put(table, keyText(shape.keyOf(row)), row)
  })
  await Promise.all(reads)
}

export async function writeChanges(
  tx: QueryRunner,
  options: { definition: ProjectionDefinition; shapes: TableShapes },
  changes: ReadonlyMap<string, readonly RowChange[]>,
): Promise<void> {
  await Promise.all([...changes].map(([table, ofTable]) => writeTable(tx, options, table, ofTable)))
}

/** Writes the rows after a batch, of one table. */
export async function writeTable(
  tx: QueryRunner,
  { definition, shapes }: { definition: ProjectionDefinition; shapes: TableShapes },
  table: string,
  changes: readonly RowChange[],
): Promise<void> {
  const drizzleTable = must(definition.model.tables[table], `${table} is a table of the read model`)
  const shape = must(shapes[table], `${table} is a table of the projection`)
  const written = changes.flatMap(({ after }) => (after ? [after] : []))
  const gone = changes.filter(({ after }) => !after).map(({ keyValues }) => shape.keyRow(keyValues))
  await Promise.all([
    written.length > 0 ? upsertRows(tx, drizzleTable, written) : undefined,
    gone.length > 0 ? deleteRows(tx, drizzleTable, gone) : undefined,
  ])
}
