import type { JsonObject } from '#kernel/json.ts'
import type { Fields, FieldValues } from './tuple.ts'

/**
 * What an event was like before, and how each version became the next: typed from one step to the other, so that a field
 * that was never there is a mistake the compiler sees (E6).
 *
 *     from: earlier({ taskId: uuid(), name: text() })
 *       .next({ taskId: uuid(), title: text() }, ({ taskId, name }) => ({ taskId, title: name }))
 *       .today((task) => ({ ...task, language: 'en' })),
 *
 * Promises: the steps are pure functions of the data; what was written stays as it was.
 */
export type EarlierVersions<T extends object = object> = {
  /** The fields of version 1, of version 2, and so on up to the one before today's. */
  readonly shapes: readonly Fields[]
  /** From version 1 to 2, from 2 to 3, and so on up to today's. */
  readonly upcasts: readonly ((data: JsonObject) => JsonObject)[]
  /** For the compiler only: what the last step gives. */
  readonly gives?: T
}

export interface EarlierVersion<F extends Fields> {
  /** The version after, and how this one becomes it. */
  next<G extends Fields>(fields: G, upcast: (older: FieldValues<F>) => FieldValues<G>): EarlierVersion<G>
  /** How this one, the last before today's, becomes today's. */
  today<const T extends object>(upcast: (older: FieldValues<F>) => T): EarlierVersions<Writable<T>>
}

/** A choice keeps its own type, as in `unit: 'kWh'`, without its lists being fixed. */
type Writable<T> = T extends readonly unknown[]
  ? { -readonly [K in keyof T]: Writable<T[K]> }
  : T extends object
    ? { [K in keyof T]: Writable<T[K]> }
    : T

/** Begins with the fields of version 1. */
export function earlier<F extends Fields>(fields: F): EarlierVersion<F> {
  return versionAfter(fields, { shapes: [], upcasts: [] })
}

function versionAfter<F extends Fields>(fields: F, { shapes, upcasts }: EarlierVersions): EarlierVersion<F> {
  const stepped = (upcast: (older: FieldValues<F>) => object) => ({
    shapes: [...shapes, fields],
    upcasts: [...upcasts, (data: JsonObject) => upcast(data as FieldValues<F>) as JsonObject],
  })
  return {
    next: (after, upcast) => versionAfter(after, stepped(upcast)),
    today: (upcast) => stepped(upcast),
  }
}

/** What the handlers of an event know of it. */
export type EventShape = {
  readonly name: string
  readonly version: number
  readonly fields: Fields
  readonly from?: EarlierVersions | undefined
}
