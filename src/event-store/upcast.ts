import { assert } from '#kernel/assert.ts'
import type { JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { RecordedEvent } from './event-store.ts'
import { schemaVersionOf } from './metadata.ts'

/** From one version of an event type's data to the next. Pure: the same data always gives the same. */
export type Upcast = (data: JsonObject) => JsonObject

/** What this build knows of an event type: today's version, and the way there from every earlier one. */
export type EventSchema = {
  readonly type: string
  readonly version: number
  /** The way from version 1 to 2, from 2 to 3, and so on up to today's. */
  readonly upcasts: readonly Upcast[]
}

export interface Upcasters {
  /** Returns what forgets it again. Throws `bad-definition` when a step is missing or the type is taken. */
  add(schema: EventSchema): () => void
  /** Like `add`, for all of them or, when one is refused, for none. */
  addAll(schemas: readonly EventSchema[]): () => void
  /**
   * The event with today's data. Throws `schema-unknown` for a version newer than this build knows. Types nobody
   * added are returned as they are: they are somebody else's.
   */
  upcast(event: RecordedEvent): RecordedEvent
}

export function createUpcasters(): Upcasters {
  const schemas = new Map<string, EventSchema>()
  const add = (schema: EventSchema): (() => void) => {
    checkSchema(schema, schemas)
    schemas.set(schema.type, schema)
    return () => {
      if (schemas.get(schema.type) === schema) schemas.delete(schema.type)
    }
  }
  return {
    add,
    addAll: (wanted) => {
      const added: (() => void)[] = []
      const forget = (): void => {
        for (const forgetOne of added) forgetOne()
      }
      try {
        for (const schema of wanted) added.push(add(schema))
        return forget
      } catch (error) {
        forget()
        throw error
      }
    },
    upcast: (event) => {
      const schema = schemas.get(event.type)
      return schema ? upcastTo(schema, event) : event
    },
  }
}

/** The schemas of the plugins this process has loaded. */
export const loadedUpcasters = createUpcasters()

export function upcastEvent(event: RecordedEvent): RecordedEvent {
  return loadedUpcasters.upcast(event)
}

function upcastTo(schema: EventSchema, event: RecordedEvent): RecordedEvent {
  const written = schemaVersionOf(event.metadata)
  if (written === schema.version) return event
  if (written > schema.version) throw unknownSchema(schema, event, written)
  const data = schema.upcasts.slice(written - 1).reduce((older, upcast) => upcast(older), event.data)
  return { ...event, data, metadata: { ...event.metadata, schemaVersion: schema.version } }
}

function unknownSchema(schema: EventSchema, event: RecordedEvent, written: number): PlatformError {
  return new PlatformError(
    'schema-unknown',
    `The event ${event.id} in ${event.stream} has version ${written} of ${schema.type}; ` +
      `this build knows versions up to ${schema.version}. Upgrade this service.`,
    { facts: { type: schema.type, found: written, known: schema.version, stream: event.stream, event: event.id } },
  )
}

function checkSchema(schema: EventSchema, known: ReadonlyMap<string, EventSchema>): void {
  assert(Number.isSafeInteger(schema.version) && schema.version >= 1, 'versions count from 1')
  if (known.has(schema.type)) {
    throw new PlatformError('bad-definition', `The event type ${schema.type} is defined twice. Keep one of them.`)
  }
  if (schema.upcasts.length === schema.version - 1) return
  throw new PlatformError(
    'bad-definition',
    `The event type ${schema.type} is at version ${schema.version} and has ${schema.upcasts.length} upcasts; ` +
      `it needs ${schema.version - 1}, one from each version to the next.`,
    { facts: { type: schema.type, version: schema.version, found: schema.upcasts.length } },
  )
}
