import type { Client } from '#storage/client.ts'

/** What the tables of each schema take on the disk, indexes included; schemas that are not there are left out. */
export async function loadSchemaSizes(sql: Client, schemas: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const text = `select n.nspname as schema, coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 as size
    from pg_namespace n left join pg_class c on c.relnamespace = n.oid and c.relkind = 'r'
    where n.nspname = any($1::text[]) group by n.nspname`
  const rows = await sql.unsafe(text, [schemas])
  return new Map(rows.map((row) => [String(row.schema), Number(row.size)]))
}
