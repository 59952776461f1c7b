import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core'
import type { Client, QueryRunner } from '#storage/client.ts'
import { describeReadModelSchema } from '#storage/create-tables.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { planTable, quoteName } from '#storage/table-plan.ts'
import type { ProjectionDefinition } from '../define-projection.ts'
import { findWalk, nextSchema, type PastWalk, pastSchemaPrefix } from './past-tables.ts'
import { shadowDefinition } from './shadow-definition.ts'

/**
 * Leaves a copy of the walked tables behind, at the position they stand at: the rows first, keys and indexes after them.
 * Nothing is left of a copy that does not come to its end.
 */
export async function copyRows(sql: Client, definition: ProjectionDefinition, walk: PastWalk): Promise<void> {
  await inTransaction(sql, async (tx) => {
    await tx.unsafe('set local statement_timeout = 0')
    const now = await findWalk(tx, walk.projection)
    if (!now || now.schemaName !== walk.schemaName) return
    const schemaName = await nextSchema(tx, pastSchemaPrefix)
    await tx.unsafe(`create schema ${quoteName(schemaName)}`)
    const copy = shadowDefinition(definition, schemaName).model
    let rowCount = 0
    for (const table of Object.values(copy.tables)) rowCount += await copyTable(tx, walk.schemaName, table)
    const statements = describeReadModelSchema({ schema: schemaName, tables: Object.values(copy.tables) })
    for (const statement of statements) if (/^create index/.test(statement)) await tx.unsafe(statement)
    await tx.unsafe(
      `insert into platform.past_rows (schema_name, projection, position, event_count, row_count, size_bytes)
       values ($1, $2, $3, $4, $5, $6)`,
      [schemaName, now.projection, now.position, now.eventCount, rowCount, await sizeOf(tx, schemaName)],
    )
  })
}

async function copyTable(tx: QueryRunner, from: string, table: PgTable): Promise<number> {
  const plan = planTable(table)
  const source = `${quoteName(from)}.${quoteName(getTableConfig(table).name)}`
  const columns = plan.columns.map(({ quoted }) => quoted).join(', ')
  const made = await tx.unsafe(`create table ${plan.quoted} as select ${columns} from ${source}`)
  await tx.unsafe(`alter table ${plan.quoted} add primary key (${plan.key.map(({ quoted }) => quoted).join(', ')})`)
  return made.count ?? 0
}

/** What a schema's tables take on the disk, indexes included. */
export async function sizeOf(sql: QueryRunner, schemaName: string): Promise<number> {
  const [row] = await sql.unsafe(
    `select coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 as bytes
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind = 'r'`,
    [schemaName],
  )
  return Number(row?.bytes ?? 0)
}
