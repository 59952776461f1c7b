import type { PgTable } from 'drizzle-orm/pg-core'
import type { QueryRunner } from '#storage/client.ts'
import { planTable, quoteName } from '#storage/table-plan.ts'

/**
 * The properties of a table whose columns stand under another schema too, with the same type: live tables may be of an
 * earlier version. Undefined when rows cannot be told by their key there.
 */
export async function findCommonColumns(
  tx: QueryRunner,
  table: PgTable,
  otherSchema: string,
): Promise<ReadonlySet<string> | undefined> {
  const plan = planTable(table)
  const columns = `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = to_regnamespace($SCHEMA) and c.relname = $3 and c.relkind = 'r'
      and a.attnum > 0 and not a.attisdropped`
  const text = `${columns.replace('$SCHEMA', '$1')} intersect ${columns.replace('$SCHEMA', '$2')}`
  const found = await tx.unsafe(text, [quoteName(plan.schema), quoteName(otherSchema), plan.name])
  const names = new Set(found.map(({ name }) => String(name)))
  const common = plan.columns.filter(({ column }) => names.has(column.name)).map(({ property }) => property)
  return plan.key.every(({ property }) => common.includes(property)) ? new Set(common) : undefined
}
