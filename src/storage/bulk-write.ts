/**
 * Writes, deletes and reads many rows of a drizzle table in one statement each, whatever their number: one array a
 * column, so the statement's text never changes, it is prepared once, and no limit on parameters applies.
 *
 * Promises: what `selectRowsByKey` answers is deep-equal to `toPlainRow` of what was written.
 * Asks: a transaction (`inTransaction`); rows already folded, each key at most once in a batch.
 */
import type { PgTable } from 'drizzle-orm/pg-core'
import { assert } from '#kernel/assert.ts'
import type { QueryRunner } from './client.ts'
import { decodeRow, encodeColumns, type PlainRow, type Row, toKeyText } from './row-codec.ts'
import { type ColumnPlan, planTable, type TablePlan } from './table-plan.ts'

/** More rows in one statement win nothing and cost memory at both ends. */
const batchSizeMax = 5_000

/** Inserts the rows, or replaces those whose key exists. */
export async function upsertRows(tx: QueryRunner, table: PgTable, rows: readonly Row[]): Promise<void> {
  assertDistinctKeys(table, rows)
  const plan = planTable(table)
  const text = upsertSql(plan)
  for (const batch of batchesOf(rows)) {
    await tx.unsafe(text, encodeColumns(plan, plan.columns, batch), { prepare: true })
  }
}

/** Deletes the rows with these keys; `keys` are objects that hold at least the key's properties. */
export async function deleteRows(tx: QueryRunner, table: PgTable, keys: readonly Row[]): Promise<void> {
  assertDistinctKeys(table, keys)
  const plan = planTable(table)
  const text = `delete from ${plan.quoted} as t using ${unnestSql(plan.key)} where ${keyMatchSql(plan)}`
  for (const batch of batchesOf(keys)) {
    await tx.unsafe(text, encodeColumns(plan, plan.key, batch), { prepare: true })
  }
}

/** The rows that exist, in the order of their keys: of these columns, all unless said. */
export async function selectRowsByKey(
  tx: QueryRunner,
  table: PgTable,
  keys: readonly Row[],
  isWanted: (property: string) => boolean = () => true,
): Promise<PlainRow[]> {
  assertDistinctKeys(table, keys)
  const plan = planTable(table)
  const columns = plan.columns.filter(({ property }) => isWanted(property))
  const text = selectSql(plan, columns)
  const found: PlainRow[] = []
  for (const batch of batchesOf(keys)) {
    const stored = await tx.unsafe(text, encodeColumns(plan, plan.key, batch), { prepare: true }).values()
    for (const values of stored) found.push(decodeRow(plan, columns, values))
  }
  return found
}

function upsertSql(plan: TablePlan): string {
  const values = plan.columns.map(({ kind }, index) => (kind.castTo ? `q.c${index}::${kind.castTo}` : `q.c${index}`))
  const replaced = plan.columns.filter((column) => !plan.key.includes(column))
  const assignments = replaced.map(({ quoted }) => `${quoted} = excluded.${quoted}`)
  return `insert into ${plan.quoted} (${namesOf(plan.columns)})
    select ${values.join(', ')} from ${unnestSql(plan.columns)}
    on conflict (${namesOf(plan.key)}) do ${assignments.length === 0 ? 'nothing' : `update set ${assignments.join(', ')}`}`
}

function selectSql(plan: TablePlan, columns: readonly ColumnPlan[]): string {
  const read = columns.map(({ quoted, kind }) => kind.read(`t.${quoted}`))
  return `select ${read.join(', ')} from ${unnestSql(plan.key, 'with ordinality')}
    join ${plan.quoted} as t on ${keyMatchSql(plan)} order by q.place`
}

/** A table `q` with columns c0, c1, … and, with ordinality, `place`. */
function unnestSql(columns: readonly ColumnPlan[], ordinality: '' | 'with ordinality' = ''): string {
  const arrays = columns.map(({ kind }, index) => `$${index + 1}::${kind.elementType}[]`)
  const names = columns.map((_, index) => `c${index}`)
  const all = ordinality === '' ? names : [...names, 'place']
  return `unnest(${arrays.join(', ')}) ${ordinality} as q(${all.join(', ')})`
}

const namesOf = (columns: readonly ColumnPlan[]): string => columns.map(({ quoted }) => quoted).join(', ')

function keyMatchSql(plan: TablePlan): string {
  const pairs = plan.key.map(({ quoted, kind }, index) => {
    return `t.${quoted} = ${kind.castTo ? `q.c${index}::${kind.castTo}` : `q.c${index}`}`
  })
  return pairs.join(' and ')
}

/** Postgres refuses an upsert that touches a row twice (21000), and the later value would be a matter of luck. */
function assertDistinctKeys(table: PgTable, rows: readonly Row[]): void {
  const keys = new Set(rows.map((row) => toKeyText(table, row)))
  assert(keys.size === rows.length, `rows of one write are folded, each key once (${planTable(table).quoted})`)
}

function* batchesOf(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += batchSizeMax) yield rows.slice(start, start + batchSizeMax)
}
