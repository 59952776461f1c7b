import type { PgTable } from 'drizzle-orm/pg-core'
import { PlatformError } from '#kernel/platform-error.ts'
import type { ReadModel, ReadModelTables } from '#projection/read-model.ts'
import { shapeOf, type TableShape } from '#projection/table-shape.ts'
import type { ObservableAccess } from '#vortex/protocol/snapshot.ts'
import type { Fields, TupleDefinition } from '#vortex/protocol/tuple.ts'

/**
 * A live query over one table of a read model: the rows whose selector columns equal what the watcher picked.
 * Patches come from the rows the projection changed, so nothing has to be announced by hand (O4).
 */
export type ObservableDefinition = {
  readonly name: string
  readonly plugin: string
  /** `<plugin>.<projection>`. */
  readonly feed: string
  readonly schemaName: string
  readonly tableName: string
  readonly table: PgTable
  readonly shape: TableShape
  /** What is shown of a row: the tuple's fields, whatever else the table has. */
  readonly fields: readonly string[]
  /** What a watcher may pick by: any of them, or none for all rows. */
  readonly selectorFields: readonly string[]
  readonly orderBy: readonly string[]
  readonly access: ObservableAccess
}

export function defineObservable<F extends Fields, T extends ReadModelTables>(
  tuple: TupleDefinition<F>,
  definition: {
    readonly from: ReadModel<T>
    readonly table: keyof T & string
    readonly selector?: readonly (keyof F & string)[]
    readonly orderBy?: readonly (keyof F & string)[]
    readonly access?: ObservableAccess
  },
): ObservableDefinition {
  const { from, table: tableName } = definition
  const table: PgTable | undefined = from.tables[tableName]
  if (!table) throw badDefinition(tuple.name, `is of a table "${tableName}"`, from.schemaName, Object.keys(from.tables))
  const shape = shapeOf(table)
  const named = { shows: Object.keys(tuple.fields), 'picks by': definition.selector, 'sorts by': definition.orderBy }
  for (const [verb, fields] of Object.entries(named)) {
    const missing = fields?.find((field) => !shape.columns.includes(field))
    if (missing !== undefined)
      throw badDefinition(tuple.name, `${verb} a field "${missing}"`, `table ${shape.name}`, shape.columns)
  }
  const unshown = shape.keyedBy.find((field) => !named.shows.includes(field))
  if (unshown !== undefined) throw keyNotShown(tuple.name, unshown, shape.name)
  return {
    name: tuple.name,
    plugin: from.plugin,
    feed: `${from.plugin}.${from.projection}`,
    schemaName: from.schemaName,
    tableName,
    table,
    shape,
    fields: named.shows,
    selectorFields: definition.selector ?? [],
    orderBy: definition.orderBy ?? [],
    access: definition.access ?? 'everyone',
  }
}

function keyNotShown(name: string, field: string, table: string): PlatformError {
  const words = `Observable ${name} does not show "${field}", by which rows of ${table} are told apart: add it to the tuple.`
  return new PlatformError('bad-definition', words)
}

function badDefinition(name: string, claim: string, place: string, known: readonly string[]): PlatformError {
  const words = `Observable ${name} ${claim} that ${place} does not have; it has ${known.join(', ')}.`
  return new PlatformError('bad-definition', words)
}
