import { type PgSchema, type PgTable, pgSchema } from 'drizzle-orm/pg-core'
import { PlatformError } from '#kernel/platform-error.ts'

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

const namePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/** What Postgres keeps of a name, without the suffixes of the schemas beside a live one (`shadowSchemaOf`). */
const lengthMax = 63 - '__next'.length

/** Dashes become underscores, and two of them part plugin and projection: so one schema never has two owners. */
export function schemaOf(plugin: string, projection: string): string {
  const schemaName = `pl_${plugin}__${projection}`.replaceAll('-', '_')
  const isGood = namePattern.test(plugin) && namePattern.test(projection) && schemaName.length <= lengthMax
  if (isGood) return schemaName
  throw new PlatformError(
    'bad-definition',
    `Projection "${plugin}.${projection}" cannot name a schema: use lower-case words of letters and digits joined by ` +
      'single dashes, 52 characters in plugin and projection together at most.',
  )
}
