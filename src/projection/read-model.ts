import { type PgSchema, type PgTable, pgSchema } from 'drizzle-orm/pg-core'

/** The tables of one projection, by the names its handlers use. */
export type ReadModelTables = { readonly [name: string]: PgTable }

/**
 * A read model: tables in a Postgres schema of their own, `pl_<plugin>__<projection>`, so that exactly one
 * projection can be emptied, rebuilt beside itself, and swapped. `build` makes the same tables under another schema.
 */
export type ReadModel<T extends ReadModelTables = ReadModelTables> = {
  readonly plugin: string
  readonly projection: string
  readonly schemaName: string
  readonly tables: T
  build(schemaName: string): T
}

export function defineReadModel<T extends ReadModelTables>(
  plugin: string,
  projection: string,
  build: (schema: PgSchema) => T,
): ReadModel<T> {
  const schemaName = schemaOf(plugin, projection)
  return { plugin, projection, schemaName, tables: build(pgSchema(schemaName)), build: (name) => build(pgSchema(name)) }
}

/** Postgres folds and limits names: dashes become underscores, and 63 bytes is the most. */
export function schemaOf(plugin: string, projection: string): string {
  return `pl_${plugin}__${projection}`.replaceAll('-', '_').slice(0, 63)
}
