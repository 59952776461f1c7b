import { logStart, type Position, parsePosition } from '#kernel/position.ts'
import { lockUntilCommit } from '#storage/advisory-lock.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { createReadModelSchema, dropReadModelSchema } from '#storage/create-tables.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { type ProjectionDefinition, projectionId } from '../define-projection.ts'
import { shadowDefinition } from './shadow-definition.ts'

/**
 * What is kept of the past in Postgres: for each projection somebody asked about, tables that are walked through its
 * history, and copies of them at some positions. Schemas and the rows that name them come and go in one transaction.
 */
export type PastWalk = {
  readonly projection: string
  readonly life: string
  readonly schemaName: string
  readonly position: Position
  readonly eventCount: number
}

export type PastCopy = {
  readonly projection: string
  readonly schemaName: string
  readonly position: Position
  /** Events of the projection up to here. */
  readonly eventCount: number
  readonly rowCount: number
  readonly sizeBytes: number
  readonly usedAt: number
}

export const pastSchemaPrefix = 'peek_past_'

/** The walk of this life of the projection: the one that is there, or a new one at the start of the log. */
export async function openWalk(sql: Client, definition: ProjectionDefinition, life: string): Promise<PastWalk> {
  const projection = projectionId(definition)
  return inTransaction(sql, async (tx) => {
    await lockUntilCommit(tx, `past of ${projection}`)
    const found = await findWalk(tx, projection)
    if (found?.life === life) {
      await tx.unsafe('update platform.past_walks set used_at = now() where projection = $1', [projection])
      return found
    }
    if (found) await dropPastWithin(tx, projection)
    const schemaName = await nextSchema(tx, pastSchemaPrefix)
    const { model } = shadowDefinition(definition, schemaName)
    await createReadModelSchema(tx, { schema: schemaName, tables: Object.values(model.tables) })
    await tx.unsafe(
      'insert into platform.past_walks (projection, life, version, schema_name, position) values ($1, $2, $3, $4, $5)',
      [projection, life, definition.version, schemaName, logStart],
    )
    return { projection, life, schemaName, position: logStart, eventCount: 0 }
  })
}

export async function findWalk(sql: QueryRunner, projection: string): Promise<PastWalk | undefined> {
  const [row] = await sql.unsafe(
    `select projection, life, schema_name, position, event_count::float8 as event_count
     from platform.past_walks where projection = $1`,
    [projection],
  )
  if (!row) return undefined
  return {
    projection: String(row.projection),
    life: String(row.life),
    schemaName: String(row.schema_name),
    position: parsePosition(row.position) ?? logStart,
    eventCount: Number(row.event_count),
  }
}

/** Moves a walk on, in the transaction that wrote its rows. */
export async function moveWalk(
  tx: QueryRunner,
  walk: Pick<PastWalk, 'projection' | 'schemaName'>,
  move: { readonly to: Position; readonly eventCount: number },
): Promise<boolean> {
  const text = `update platform.past_walks set position = $1, event_count = event_count + $2, used_at = now()
    where projection = $3 and schema_name = $4`
  const moved = await tx.unsafe(text, [move.to, move.eventCount, walk.projection, walk.schemaName], { prepare: true })
  return moved.count === 1
}

export async function saveParkedStreams(
  tx: QueryRunner,
  projection: string,
  streams: readonly { readonly stream: string; readonly position: Position }[],
): Promise<void> {
  if (streams.length === 0) return
  await tx.unsafe(
    'insert into platform.past_parked (projection, stream, position) select $1, * from unnest($2::text[], $3::text[])',
    [projection, streams.map(({ stream }) => stream), streams.map(({ position }) => position)],
  )
}

/** Streams that park in the past, and the position of the event that failed. */
export async function loadPastParked(sql: QueryRunner, projection: string): Promise<ReadonlyMap<string, Position>> {
  const rows = await sql.unsafe('select stream, position from platform.past_parked where projection = $1', [projection])
  return new Map(rows.map(({ stream, position }) => [String(stream), parsePosition(position) ?? logStart]))
}

/** Oldest position first; of all projections where none is named. */
export async function loadCopies(sql: QueryRunner, projection?: string): Promise<readonly PastCopy[]> {
  const rows = await sql.unsafe(
    `select projection, schema_name, position, event_count::float8 as event_count, row_count::float8 as row_count,
       size_bytes::float8 as size_bytes, extract(epoch from used_at)::float8 * 1000 as used_at
     from platform.past_rows where $1::text is null or projection = $1 order by projection, event_count`,
    [projection ?? null],
  )
  return rows.map((row) => ({
    projection: String(row.projection),
    schemaName: String(row.schema_name),
    position: parsePosition(row.position) ?? logStart,
    eventCount: Number(row.event_count),
    rowCount: Number(row.row_count),
    sizeBytes: Number(row.size_bytes),
    usedAt: Number(row.used_at),
  }))
}

export async function noteUse(sql: QueryRunner, copy: Pick<PastCopy, 'schemaName'>): Promise<void> {
  await sql.unsafe('update platform.past_rows set used_at = now() where schema_name = $1', [copy.schemaName])
}

export async function dropCopy(sql: Client, copy: Pick<PastCopy, 'schemaName'>): Promise<void> {
  await inTransaction(sql, async (tx) => {
    await tx.unsafe(`set local lock_timeout = '10s'`)
    await dropReadModelSchema(tx, copy.schemaName)
    await tx.unsafe('delete from platform.past_rows where schema_name = $1', [copy.schemaName])
  })
}

/** All that is kept of one projection's past. */
export async function dropPast(sql: Client, projection: string): Promise<void> {
  await inTransaction(sql, (tx) => dropPastWithin(tx, projection))
}

export async function nextSchema(tx: QueryRunner, prefix: string): Promise<string> {
  const [row] = await tx.unsafe(`select nextval('platform.past_schemas')::text as n`)
  return `${prefix}${String(row?.n)}`
}

async function dropPastWithin(tx: QueryRunner, projection: string): Promise<void> {
  const schemas = await tx.unsafe(
    `select schema_name from platform.past_rows where projection = $1
     union all select schema_name from platform.past_walks where projection = $1`,
    [projection],
  )
  await tx.unsafe(`set local lock_timeout = '10s'`)
  for (const { schema_name } of schemas) await dropReadModelSchema(tx, String(schema_name))
  await tx.unsafe('delete from platform.past_walks where projection = $1', [projection])
}
