/** Turns rows into what one statement for many rows takes, and back. */

import type { PgTable } from 'drizzle-orm/pg-core'
import { assert } from '#kernel/assert.ts'
import type { Json } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { findLiteralDefault } from './literal-default.ts'
import { type ColumnPlan, planTable, type TablePlan } from './table-plan.ts'

/** Values by property name of the drizzle table. */
export type Row = Readonly<Record<string, unknown>>
export type PlainRow = { readonly [property: string]: Json }

/**
 * The row exactly as it will be read back after it was written: every column present (absent ones get their literal
 * default, else null), every value in its plain form. Throws `bad-input` for what a column cannot hold.
 */
export function toPlainRow(table: PgTable, row: Row): PlainRow {
  const plan = planTable(table)
  // Written out, as it runs for every row that is folded.
  const plain: Record<string, Json> = {}
  for (const column of plan.columns) plain[column.property] = toPlainValue(plan, column, row)
  return plain
}

/** What `toPlainRow` gives for a plain row with these properties in place of its own, looking at them alone. */
export function changePlainRow(table: PgTable, plainRow: PlainRow, changes: Partial<Row>): PlainRow {
  const plan = planTable(table)
  const plain: Record<string, Json> = { ...plainRow }
  for (const column of plan.columns)
    if (Object.hasOwn(changes, column.property)) plain[column.property] = toPlainValue(plan, column, changes)
  return plain
}

/** The primary key alone; equal texts mean equal keys. */
export function toKeyText(table: PgTable, row: Row): string {
  const plan = planTable(table)
  const values = plan.key.map((column) => toPlainValue(plan, column, row))
  return values.length === 1 ? String(values[0]) : JSON.stringify(values)
}

/** One array literal a column. */
export function encodeColumns(plan: TablePlan, columns: readonly ColumnPlan[], rows: readonly Row[]): string[] {
  return columns.map((column) => {
    const elements = rows.map((row) => {
      const plain = toPlainValue(plan, column, row)
      return plain === null ? 'NULL' : quoteElement(column.kind.encode(plain))
    })
    return `{${elements.join(',')}}`
  })
}

/** `stored` holds these columns in order, each read with `kind.read`. */
export function decodeRow(plan: TablePlan, columns: readonly ColumnPlan[], stored: readonly unknown[]): PlainRow {
  return Object.fromEntries(
    columns.map(({ property, kind }, index) => {
      const value = stored[index]
      if (value === null) return [property, null]
      assert(typeof value === 'string', `column ${property} of ${plan.quoted} is read as text`)
      return [property, kind.decode(value)]
    }),
  )
}

export function quoteElement(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

function toPlainValue(plan: TablePlan, column: ColumnPlan, row: Row): Json {
  const given = row[column.property]
  const value = given === undefined ? findLiteralDefault(plan, column) : given
  if (value === null || value === undefined) return refuseMissing(plan, column)
  const plain = column.kind.toPlain(value)
  if (plain !== undefined) return plain
  throw badValue(plan, column, `holds ${describeValue(value)}, wanted ${column.kind.wanted}`)
}

function refuseMissing(plan: TablePlan, column: ColumnPlan): null {
  const isRequired = column.column.notNull || plan.key.includes(column)
  if (!isRequired) return null
  throw badValue(plan, column, `holds nothing, wanted ${column.kind.wanted}: the column is not null`)
}

function badValue(plan: TablePlan, column: ColumnPlan, words: string): PlatformError {
  const facts = { schema: plan.schema, table: plan.name, property: column.property }
  return new PlatformError('bad-input', `A row of ${plan.schema}.${plan.name}: "${column.property}" ${words}.`, {
    facts,
  })
}

function describeValue(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return `${typeof value} ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`
}
