import type { PgTable } from 'drizzle-orm/pg-core'
import { assert, must } from '#kernel/assert.ts'
import { canonicalJson, type Json } from '#kernel/json.ts'
import { changePlainRow, toPlainRow } from '#storage/row-codec.ts'
import { planTable } from '#storage/table-plan.ts'
import type { Row } from '#vortex/protocol/row.ts'
import type { RowKey } from './define-projection.ts'
import type { ReadModelTables } from './read-model.ts'

/** What folding needs to know of a table, read once from its drizzle definition. */
export type TableShape = {
  readonly name: string
  /** Property names, as handlers and tuples use them. */
  readonly columns: readonly string[]
  readonly keyedBy: readonly string[]
  keyOf(row: Row): RowKey
  /** The key in the one spelling in which Postgres gives it back; throws for a value its columns cannot hold. */
  cleanKey(key: RowKey): RowKey
  /** The key as the properties of a row. */
  keyRow(key: RowKey): Row
  /** The key that `keyText` made this text of. */
  parseKey(text: string): RowKey
  /** The row as Postgres would give it back; throws for an unknown column, a missing or an impossible value. */
  complete(row: Row): Row
  /** A complete row with some of its values changed: the same as `complete` of both, for the changed columns alone. */
  change(row: Row, changes: Partial<Row>): Row
}
export type TableShapes = { readonly [table: string]: TableShape }

export function shapesOf(tables: ReadModelTables): TableShapes {
  return Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, shapeOf(table)]))
}

export function shapeOf(table: PgTable): TableShape {
  const plan = planTable(table)
  const columns = plan.columns.map((column) => column.property)
  const columnSet = new Set(columns)
  const keyedBy = plan.key.map((column) => column.property)
  const [onlyKey] = plan.key.length === 1 ? keyedBy : []
  const valuesOf = (key: RowKey): readonly (string | number)[] => {
    const values: readonly (string | number)[] = typeof key === 'object' ? key : [key]
    if (values.length === keyedBy.length) return values
    throw new Error(
      `a key of ${plan.name} has ${keyedBy.length} values (${keyedBy.join(', ')}), found ${values.length}`,
    )
  }
  const toKey = (values: readonly (string | number)[]): RowKey =>
    values.length === 1 ? must(values[0], 'one key column has one value') : values
  return {
    name: plan.name,
    columns,
    keyedBy,
    keyOf: (row) =>
      onlyKey === undefined
        ? toKey(keyedBy.map((field) => keyValue(plan.name, field, row[field])))
        : keyValue(plan.name, onlyKey, row[onlyKey]),
    cleanKey: (key) => {
      const values = valuesOf(key)
      return toKey(
        plan.key.map(({ property, kind }, index) => {
          const value = values[index] ?? null
          const clean = value === null ? undefined : kind.toPlain(value)
          if (clean !== undefined) return keyValue(plan.name, property, clean)
          throw new Error(`a key of ${plan.name} has ${property} ${JSON.stringify(value)}, wanted ${kind.wanted}`)
        }),
      )
    },
    keyRow: (key) => {
      const values = valuesOf(key)
      return Object.fromEntries(keyedBy.map((field, index) => [field, values[index] ?? null]))
    },
    parseKey: (text) => {
      const [only] = plan.key.length === 1 ? plan.key : []
      if (typeof only?.kind.toPlain(text) === 'string') return text
      const values: unknown = JSON.parse(text)
      assert(Array.isArray(values), `the key text of ${plan.name} is a list of values, found ${text}`)
      return toKey(values.map((value, index) => keyValue(plan.name, keyedBy[index] ?? '', value)))
    },
    complete: (row) => {
      for (const field in row) if (!columnSet.has(field)) throw new Error(`${plan.name} has no column ${field}`)
      return toPlainRow(table, row)
    },
    change: (row, changes) => {
      for (const field in changes) if (!columnSet.has(field)) throw new Error(`${plan.name} has no column ${field}`)
      return changePlainRow(table, row, changes)
    },
  }
}

function keyValue(table: string, field: string, value: Json | undefined): string | number {
  if (typeof value === 'string' || typeof value === 'number') return value
  throw new Error(`a row of ${table} has no usable key: ${field} is ${JSON.stringify(value)}`)
}

/** The text of a key: the same as `rowKey` gives for the row. */
export function keyText(key: RowKey): string {
  if (typeof key === 'string') return key
  return canonicalJson(typeof key === 'number' ? [key] : key)
}
