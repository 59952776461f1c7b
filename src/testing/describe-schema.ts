import type { QueryRunner } from '#storage/client.ts'

/** A schema of Postgres as stable text: tables with columns, types and defaults, their constraints and indexes. */
export async function describeSchema(sql: QueryRunner, schema: string): Promise<string> {
  const columns = await sql.unsafe(
    `select c.relname as "table", a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
       pg_get_expr(d.adbin, d.adrelid) as fallback
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
       left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where n.nspname = $1 and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped order by c.relname, a.attnum`,
    [schema],
  )
  const constraints = await sql.unsafe(
    `select c.relname as "table", o.conname as name, pg_get_constraintdef(o.oid) as text
     from pg_constraint o join pg_class c on c.oid = o.conrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and o.contype <> 'n' order by c.relname, o.contype desc, o.conname`,
    [schema],
  )
  const indexes = await sql.unsafe(
    `select i.tablename as "table", i.indexdef as text from pg_indexes i
     where i.schemaname = $1
       and not exists (select 1 from pg_constraint o join pg_class c on c.oid = o.conindid where c.relname = i.indexname)
     order by i.indexname`,
    [schema],
  )
  const tables = [...new Set(columns.map(({ table }) => String(table)))].map((table) => {
    const lines = [
      ...columns.filter((one) => one.table === table).map(describeColumn),
      ...constraints.filter((one) => one.table === table).map(({ name, text }) => `constraint ${name} ${text}`),
    ]
    const own = indexes.filter((one) => one.table === table).map(({ text }) => `${text};\n`)
    return `create table ${schema}.${table} (\n  ${lines.join(',\n  ')}\n);\n${own.join('')}`
  })
  return [`create schema ${schema};\n`, ...tables].join('\n')
}

function describeColumn({ name, type, required, fallback }: Record<string, unknown>): string {
  return `${name} ${type}${fallback === null ? '' : ` default ${fallback}`}${required ? ' not null' : ''}`
}
