/**
 * A shadow made at one go, in the simplest way: all history folded in memory and written down. What swaps, compares or
 * proves shadows is tested with it, without the engine that builds them.
 */
import type { EventStore } from '#event-store/event-store.ts'
import { upcastEvent } from '#event-store/upcast.ts'
import { must } from '#kernel/assert.ts'
import { newUuid } from '#kernel/ids.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import { createCheckpointTable, saveFirstCheckpoint } from '#projection/checkpoint.ts'
import { type ProjectionDefinition, projectionId } from '#projection/define-projection.ts'
import { applyPlan, type FoldedBatch, type PlannedEvent, planBatch } from '#projection/fold.ts'
import { shapeHash } from '#projection/open-read-model.ts'
import { saveParked } from '#projection/parked-events.ts'
import { toReadEvent } from '#projection/projected-event.ts'
import { projectionFilter } from '#projection/projection-filter.ts'
import { parkedNameOf, shadowSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { shapesOf } from '#projection/table-shape.ts'
import { upsertRows } from '#storage/bulk-write.ts'
import type { Client } from '#storage/client.ts'
import { createReadModelSchema, dropReadModelSchema } from '#storage/create-tables.ts'

export type BuiltShadow = {
  readonly schema: string
  readonly plan: readonly PlannedEvent[]
  readonly changes: FoldedBatch['changes']
  readonly isParked: (eventId: string) => boolean
}

export async function buildShadow(options: {
  readonly sql: Client
  readonly store: EventStore
  readonly definition: ProjectionDefinition
  /** History up to here, or all of it. */
  readonly upTo: Position
  readonly epoch?: number
}): Promise<BuiltShadow> {
  const { sql, store, definition, upTo, epoch = 1 } = options
  const { model } = definition
  const schema = shadowSchemaOf(model.schemaName)
  const tables = model.build(schema)
  const shapes = shapesOf(tables)
  const events = await store.readLog({
    beyond: logStart,
    direction: 'forwards',
    countMax: 1_000_000,
    filter: projectionFilter(definition),
  })
  const plan = planBatch(
    definition,
    shapes,
    events
      .filter(({ position }) => comparePositions(position, upTo) <= 0)
      .map((event) => toReadEvent(event, upcastEvent)),
  )
  const { changes, parked } = applyPlan(
    plan,
    () => undefined,
    () => false,
  )
  await dropReadModelSchema(sql, schema)
  await createReadModelSchema(sql, { schema, tables: Object.values(tables) })
  await createCheckpointTable(sql, schema)
  const incarnation = newUuid()
  await saveFirstCheckpoint(sql, schema, {
    incarnation,
    version: definition.version,
    shape: shapeHash(definition),
    epoch,
  })
  await sql.unsafe(`update "${schema}".checkpoint set position = $1, event_count = $2`, [upTo, plan.length])
  for (const [table, rows] of changes) {
    const written = rows.flatMap(({ after }) => (after ? [after] : []))
    await upsertRows(sql, must(tables[table], `${table} is a table`), written)
  }
  const parkedName = parkedNameOf(projectionId(definition), model.schemaName, schema)
  await sql.unsafe('delete from platform.parked_events where projection = $1', [parkedName])
  if (parked.length > 0) await saveParked(sql, parkedName, parked)
  const parkedIds = new Set(parked.map(({ event }) => event.id))
  return { schema, plan, changes, isParked: (id) => parkedIds.has(id) }
}
