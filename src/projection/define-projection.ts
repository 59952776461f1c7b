import type { InferSelectModel } from 'drizzle-orm'
import type { EventMetadata } from '#event-store/metadata.ts'
import { assert } from '#kernel/assert.ts'
import type { JsonObject } from '#kernel/json.ts'
import type { Position } from '#kernel/position.ts'
import type { EventShape } from '#vortex/protocol/earlier-versions.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import type { ReadModel, ReadModelTables } from './read-model.ts'

/** What a handler sees of an event: its typed data, and where, when and by whom it was recorded. */
export type ProjectedEvent<D = JsonObject> = {
  readonly id: string
  readonly type: string
  readonly data: D
  readonly stream: string
  readonly entityId: string
  readonly revision: number
  readonly position: Position
  readonly actionId: string | undefined
  readonly user: string
  readonly device: string
  /** When it happened on the device, and when it was recorded; milliseconds since 1970. */
  readonly occurredAt: number
  readonly recordedAt: number
  /** The event as it was recorded, before any upcast: for read models about the log itself. */
  readonly recorded: { readonly data: JsonObject; readonly metadata: Partial<EventMetadata> }
}

/** A row's primary key: the value, or the values in column order. */
export type RowKey = string | number | readonly (string | number)[]

/**
 * What a handler may do to a table: it says what should change, and the projector does it, live or in bulk.
 * `insert` of a row that exists, `update` or `delete` of one that does not, park the event's entity.
 */
export interface TableChanges<R> {
  insert(row: R): void
  update(key: RowKey, change: (row: R) => Partial<R>): void
  /** Like `update`, content with a row that is not there: of an entity whose beginning the store keeps no longer. */
  updateIfPresent(key: RowKey, change: (row: R) => Partial<R>): void
  upsert(key: RowKey, make: (row: R | undefined) => R): void
  delete(key: RowKey): void
  /** Like `delete`, content with a row that is not there. */
  deleteIfPresent(key: RowKey): void
}

export type ChangesOf<T extends ReadModelTables> = { readonly [K in keyof T]: TableChanges<InferSelectModel<T[K]>> }

export type ProjectionCase<T extends ReadModelTables = ReadModelTables> = {
  /** An event type, or `*` for every event the projection reads. */
  readonly type: string
  /** Today's version of the data; of every event there is none. */
  readonly version: number | undefined
  /** The definition it was made of; of every event there is none. */
  readonly event?: EventShape
  project(event: ProjectedEvent, tables: ChangesOf<T>): void
}

/** A pure function from events to row changes (P1). A new `version` means: the same history gives other rows. */
export type ProjectionDefinition<T extends ReadModelTables = ReadModelTables> = {
  readonly plugin: string
  readonly name: string
  readonly version: number
  readonly model: ReadModel<T>
  readonly on: readonly ProjectionCase<T>[]
  /**
   * For a read model about the log itself: it reads every stream but announcements, the platform's own included, and
   * every event, also one this build cannot bring to today's version.
   */
  readonly readsEverything: boolean
}

/** Makes the case of one action or fact: its data arrives typed and brought to today's version. */
export type OnEvent<T extends ReadModelTables> = <F extends Fields>(
  definition: EventShape & { readonly fields: F },
  project: (event: ProjectedEvent<FieldValues<F>>, tables: ChangesOf<T>) => void,
) => ProjectionCase<T>
/** Makes the case of every event, for projections that are about events as such. */
export type OnAnyEvent<T extends ReadModelTables> = (
  project: (event: ProjectedEvent, tables: ChangesOf<T>) => void,
) => ProjectionCase<T>

export function defineProjection<T extends ReadModelTables>(definition: {
  readonly version: number
  readonly model: ReadModel<T>
  readonly readsEverything?: boolean
  readonly on: (on: OnEvent<T>, onAny: OnAnyEvent<T>) => readonly ProjectionCase<T>[]
}): ProjectionDefinition<T> {
  const { version, model, readsEverything = false } = definition
  const cases = definition.on(
    (event, project) => ({
      type: event.name,
      version: event.version,
      event,
      project: (given, tables) => project(given as never, tables),
    }),
    (project) => ({ type: '*', version: undefined, project }),
  )
  const types = cases.map((entry) => entry.type)
  const twice = types.find((type, index) => types.indexOf(type) !== index)
  assert(twice === undefined, `projection ${model.plugin}.${model.projection} handles ${twice} twice: keep one case`)
  return { plugin: model.plugin, name: model.projection, version, model, on: cases, readsEverything }
}

export function projectionId(definition: { readonly plugin: string; readonly name: string }): string {
  return `${definition.plugin}.${definition.name}`
}
