/** Reads some columns of the rows that equal given values, in the plain form in which rows travel. */
import type { PgTable } from 'drizzle-orm/pg-core'
import { must } from '#kernel/assert.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { QueryRunner } from './client.ts'
import { decodeRow, type PlainRow, type Row } from './row-codec.ts'
import { planTable } from './table-plan.ts'

/**
 * At most `countMax + 1` rows, so that the caller sees when there are more. A null matches null.
 * Throws `bad-input` for a value the column cannot hold.
 */
export async function selectRowsWhere(
  tx: QueryRunner,
  { table, fields, where, countMax }: { table: PgTable; fields: readonly string[]; where: Row; countMax: number },
): Promise<PlainRow[]> {
  const plan = planTable(table)
  const columnOf = (property: string) =>
    must(
      plan.columns.find((column) => column.property === property),
      `${property} is a column of ${plan.quoted}`,
    )
  const values: (string | null)[] = []
  const conditions = Object.entries(where).map(([property, value]) => {
    const column = columnOf(property)
    const plain = value === null ? null : column.kind.toPlain(value)
    if (plain === undefined)
      throw new PlatformError('bad-input', `${property} is ${JSON.stringify(value)}: wanted ${column.kind.wanted}.`)
    values.push(plain === null ? null : column.kind.encode(plain))
    const parameter = `$${values.length}::text::${column.column.getSQLType()}`
    return `t.${column.quoted} is not distinct from ${parameter}`
  })
  const columns = fields.map(columnOf)
  const read = columns.map(({ quoted, kind }) => kind.read(`t.${quoted}`))
  const filter = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
  const text = `select ${read.join(', ')} from ${plan.quoted} as t ${filter} limit ${countMax + 1}`
  const stored = await tx.unsafe(text, values, { prepare: true }).values()
  return stored.map((row) => decodeRow(plan, columns, row))
}

/** A page of a table in the order of its key. */
export async function selectRowsInOrder(
  tx: QueryRunner,
  { table, offset, countMax }: { table: PgTable; offset: number; countMax: number },
): Promise<PlainRow[]> {
  const plan = planTable(table)
  const read = plan.columns.map(({ quoted, kind }) => kind.read(`t.${quoted}`))
  const order = plan.key.map(({ quoted }) => `t.${quoted}`)
  const text = `select ${read.join(', ')} from ${plan.quoted} as t order by ${order.join(', ')} limit $1 offset $2`
  const stored = await tx.unsafe(text, [countMax, offset]).values()
  return stored.map((row) => decodeRow(plan, plan.columns, row))
}
