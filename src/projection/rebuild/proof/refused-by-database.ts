import { must } from '#kernel/assert.ts'
import { upsertRows } from '#storage/bulk-write.ts'
import type { Client } from '#storage/client.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { isDataError } from '../../commit-plan.ts'
import type { ReadModelTables } from '../../read-model.ts'
import type { RowOfEvent } from './second-fold.ts'

/** Whether Postgres refuses these rows for what they hold, as it does a value too long for an index. Changes nothing. */
export async function isRefusedByDatabase(
  sql: Client,
  tables: ReadModelTables,
  rows: readonly RowOfEvent[],
): Promise<boolean> {
  try {
    await inTransaction(sql, async (tx) => {
      for (const { table, row } of rows)
        if (row) await upsertRows(tx, must(tables[table], `${table} is a table of the read model`), [row])
      throw new RolledBack()
    })
  } catch (error) {
    if (error instanceof RolledBack) return false
    if (isDataError(error)) return true
    throw error
  }
  return false
}

class RolledBack extends Error {}
