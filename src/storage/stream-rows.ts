import type { PgTable } from 'drizzle-orm/pg-core'
import type { QueryRunner } from './client.ts'
import { decodeRow, type PlainRow } from './row-codec.ts'
import { planTable } from './table-plan.ts'

const batchCount = 2_000

/**
 * All rows of a table in batches, in no order, with memory for one batch. Asks for a transaction, whose snapshot they
 * are of, and for a reader that keeps up: the connection serves nobody else meanwhile.
 */
export async function* streamRows(tx: QueryRunner, table: PgTable): AsyncGenerator<readonly PlainRow[]> {
  const plan = planTable(table)
  const columns = plan.columns.map(({ quoted, kind }) => kind.read(`t.${quoted}`))
  const text = `select ${columns.join(', ')} from ${plan.quoted} as t`
  for await (const stored of tx.unsafe(text).values().cursor(batchCount))
    yield stored.map((values) => decodeRow(plan, plan.columns, values))
}
