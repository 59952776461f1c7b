/**
 * Creates the schema of a read model from its drizzle tables. Read models are disposable, so they have no migrations:
 * a changed definition means a new schema, filled from the log.
 */
import { is } from 'drizzle-orm'
import { getTableConfig, type Index, IndexedColumn, type PgTable } from 'drizzle-orm/pg-core'
import { assert } from '#kernel/assert.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { QueryRunner } from './client.ts'
import { findLiteralDefault } from './literal-default.ts'
import { badTable, type ColumnPlan, planTable, quoteName, type TablePlan } from './table-plan.ts'

export type ReadModelSchema = {
  readonly schema: string
  /** All of them belong to `schema`. */
  readonly tables: readonly PgTable[]
}

/** Does nothing where it exists already. */
export async function createReadModelSchema(tx: QueryRunner, readModel: ReadModelSchema): Promise<void> {
  for (const statement of describeReadModelSchema(readModel)) await tx.unsafe(statement)
}

/** The schema and its tables with their primary keys only: for a fill in bulk, which `createReadModelIndexes` follows. */
export async function createReadModelTables(tx: QueryRunner, { schema, tables }: ReadModelSchema): Promise<void> {
  await tx.unsafe(describeSchema(schema))
  for (const table of tables) await tx.unsafe(describeTable(schema, table).create)
}

/** The indexes beside the primary keys, those that are not there yet. Writers of the tables wait meanwhile. */
export async function createReadModelIndexes(tx: QueryRunner, { schema, tables }: ReadModelSchema): Promise<void> {
  for (const table of tables) for (const statement of describeTable(schema, table).indexes) await tx.unsafe(statement)
}

/** Waits for readers of the tables; set `lock_timeout` in the transaction to bound that. */
export async function dropReadModelSchema(tx: QueryRunner, schema: string): Promise<void> {
  await tx.unsafe(`drop schema if exists ${quoteName(checkedName(schema))} cascade`)
}

/** The statements, in order. Equal definitions give equal text, so a hash of it tells whether a table changed. */
export function describeReadModelSchema({ schema, tables }: ReadModelSchema): readonly string[] {
  const described = tables.map((table) => describeTable(schema, table))
  return [describeSchema(schema), ...described.flatMap(({ create, indexes }) => [create, ...indexes])]
}

const describeSchema = (schema: string): string => `create schema if not exists ${quoteName(checkedName(schema))}`

function describeTable(
  schema: string,
  table: PgTable,
): { readonly create: string; readonly indexes: readonly string[] } {
  const plan = planTable(table)
  const full = `${plan.schema}.${plan.name}`
  if (plan.schema !== schema) throw badTable(full, `is to be created in schema ${schema}. Declare it there.`)
  const { indexes, foreignKeys, checks, uniqueConstraints, columns } = getTableConfig(table)
  if (foreignKeys.length > 0) throw badTable(full, 'has a foreign key; it would tie the table to one that is swapped.')
  const limits = checks.length + uniqueConstraints.length + columns.filter(({ isUnique }) => isUnique).length
  if (limits > 0) throw badTable(full, 'has a check or unique constraint; facts that happened cannot be refused here.')

  const lines = plan.columns.map((column) => describeColumn(plan, column))
  const key = plan.key.map(({ quoted }) => quoted).join(', ')
  const create = `create table if not exists ${plan.quoted} (\n  ${[...lines, `primary key (${key})`].join(',\n  ')}\n)`
  return { create, indexes: indexes.map((index) => describeIndex(plan, index)) }
}

function describeColumn(plan: TablePlan, column: ColumnPlan): string {
  const type = `${column.quoted} ${column.column.getSQLType()}`
  const value = findLiteralDefault(plan, column)
  const isSet = value !== undefined && value !== null
  const fallback = isSet ? ` default ${literal(plan, column, value)}` : ''
  return `${type}${fallback}${column.column.notNull ? ' not null' : ''}`
}

function literal(plan: TablePlan, column: ColumnPlan, value: unknown): string {
  const plain = column.kind.toPlain(value)
  if (plain !== undefined) return `'${column.kind.encode(plain).replaceAll("'", "''")}'`
  const words = `gives column ${column.column.name} a default it cannot hold; wanted ${column.kind.wanted}.`
  throw badTable(`${plan.schema}.${plan.name}`, words)
}

function describeIndex(plan: TablePlan, { config }: Index): string {
  const full = `${plan.schema}.${plan.name}`
  const isPlain = !config.unique && !config.where && !config.with && (config.method ?? 'btree') === 'btree'
  if (!isPlain)
    throw badTable(full, 'has an index that is unique, partial or not a btree; a read model has plain ones.')
  const parts = config.columns.map((part) => {
    if (!is(part, IndexedColumn) || part.name === undefined)
      throw badTable(full, 'has an index over an expression; store the value in a column.')
    return { name: part.name, sql: `${quoteName(part.name)}${describeOrder(part.indexConfig)}` }
  })
  const name = config.name ?? [plan.name, ...parts.map((part) => part.name), 'index'].join('_').slice(0, 63)
  return `create index if not exists ${quoteName(name)} on ${plan.quoted} (${parts.map((part) => part.sql).join(', ')})`
}

function describeOrder(order: { order?: string; nulls?: string } | undefined): string {
  const isDescending = order?.order === 'desc'
  const nullsFirst = order?.nulls === 'first'
  return `${isDescending ? ' desc' : ''} nulls ${nullsFirst ? 'first' : 'last'}`
}

function checkedName(schema: string): string {
  assert(schema.length > 0, 'a read model has a schema name')
  const sizeBytes = Buffer.byteLength(schema)
  if (sizeBytes <= 63) return schema
  const words = `Schema name "${schema}" has ${sizeBytes} bytes and Postgres keeps 63. Shorten the plugin id or the projection name.`
  throw new PlatformError('bad-definition', words, { facts: { schema, sizeBytes } })
}
