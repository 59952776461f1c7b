import type { SqlRow } from './sql-driver.ts'

/** Values as JSON knows them, so that rows can travel in tuples. */
export function toPlainRow(row: SqlRow): SqlRow {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, toPlain(value)]))
}

function toPlain(value: unknown): unknown {
  if (value instanceof Date) return value.getTime()
  if (typeof value === 'bigint') return value.toString()
  return value
}
