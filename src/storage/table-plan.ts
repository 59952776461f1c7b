/**
 * What bulk writes and DDL need to know of a drizzle table, worked out once: its columns in order, how each is encoded,
 * and its primary key. Refuses, with a sentence, a table whose rows could not make the round trip unchanged.
 */
import { getColumns } from 'drizzle-orm'
import { getTableConfig, type PgColumn, type PgTable } from 'drizzle-orm/pg-core'
import { PlatformError } from '#kernel/platform-error.ts'
import { type ColumnKind, findColumnKind, supportedColumns } from './column-kind.ts'

export type ColumnPlan = {
  /** Name of the property in a row. */
  readonly property: string
  /** Name of the column in Postgres, quoted. */
  readonly quoted: string
  readonly column: PgColumn
  readonly kind: ColumnKind
}

export type TablePlan = {
  readonly schema: string
  readonly name: string
  /** Quoted, with its schema. */
  readonly quoted: string
  readonly columns: readonly ColumnPlan[]
  readonly key: readonly ColumnPlan[]
}

const plans = new WeakMap<PgTable, TablePlan>()

export function planTable(table: PgTable): TablePlan {
  const known = plans.get(table)
  if (known) return known
  const plan = makePlan(table)
  plans.set(table, plan)
  return plan
}

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`

function makePlan(table: PgTable): TablePlan {
  const config = getTableConfig(table)
  const schema = config.schema ?? 'public'
  const full = `${schema}.${config.name}`
  const columns = Object.entries(getColumns(table)).map(([property, column]) => planColumn(full, property, column))
  const keyNames = config.primaryKeys[0]?.columns.map(({ name }) => name)
  const isKey = ({ column }: ColumnPlan) => (keyNames ? keyNames.includes(column.name) : column.primary)
  const key = columns.filter(isKey)
  if (key.length === 0) {
    throw badTable(full, 'has no primary key; rows are written, changed and announced by it. Declare one.')
  }
  return { schema, name: config.name, quoted: `${quoteName(schema)}.${quoteName(config.name)}`, columns, key }
}

function planColumn(table: string, property: string, column: PgColumn): ColumnPlan {
  if (column.generated !== undefined || column.generatedIdentity !== undefined) {
    throw badTable(table, `lets Postgres generate column ${column.name}; compute the value in the projection.`)
  }
  const kind = findColumnKind(column)
  if (kind) return { property, quoted: quoteName(column.name), column, kind }
  const found = `${column.columnType}${'[]'.repeat(column.dimensions ?? 0)} (${column.getSQLType()})`
  throw badTable(table, `has column ${column.name} of type ${found}. Supported: ${supportedColumns}.`)
}

export function badTable(table: string, words: string): PlatformError {
  return new PlatformError('bad-definition', `Table ${table} ${words}`, { facts: { table } })
}
