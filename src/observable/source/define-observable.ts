import type { PgTable } from 'drizzle-orm/pg-core'
import { must } from '#kernel/assert.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { ReadModel, ReadModelTables } from '#projection/read-model.ts'
import { shapeOf, type TableShape } from '#projection/table-shape.ts'
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
  /** What a watcher may pick by; all of them are given, or none is. */
  readonly selectorFields: readonly string[]
  readonly orderBy: readonly string[]
  readonly access: 'everyone' | 'admin'
}

export function defineObservable<F extends Fields, T extends ReadModelTables>(
  tuple: TupleDefinition<F>,
  definition: {
    readonly from: ReadModel<T>
    readonly table: keyof T & string
    readonly selector?: readonly (keyof F & string)[]
    readonly orderBy?: readonly (keyof F & string)[]
    readonly access?: 'everyone' | 'admin'
  },
): ObservableDefinition {
  const { from, table: tableName } = definition
  const table = must<PgTable>(from.tables[tableName], `${tableName} is a table of ${from.schemaName}`)
  const shape = shapeOf(table)
  const missing = Object.keys(tuple.fields).find((field) => !shape.columns.includes(field))
  if (missing !== undefined)
    throw new PlatformError(
      'bad-definition',
      `Observable ${tuple.name} shows a field "${missing}" that table ${shape.name} does not have; it has ${shape.columns.join(', ')}.`,
    )
  return {
    name: tuple.name,
    plugin: from.plugin,
    feed: `${from.plugin}.${from.projection}`,
    schemaName: from.schemaName,
    tableName,
    table,
    shape,
    selectorFields: definition.selector ?? [],
    orderBy: definition.orderBy ?? [],
    access: definition.access ?? 'everyone',
  }
}
