import type { JsonObject } from '#kernel/json.ts'
import type { Field, Fields } from './tuple.ts'

/** What a field takes, in words: the same words, the same values. Kept beside the field, since a check cannot be read. */

const words = new WeakMap<Field<unknown>, string>()
/** The same for programs, as far as JSON Schema can say it. */
const bounds = new WeakMap<Field<unknown>, JsonObject>()

export function withWords<T>(field: Field<T>, said: string, boundsOfIt?: JsonObject): Field<T> {
  words.set(field, said)
  if (boundsOfIt) bounds.set(field, boundsOfIt)
  return field
}

/** Keywords of JSON Schema beside those that can be read off the field itself. */
export function boundsOf(field: Field<unknown>): JsonObject {
  return bounds.get(field) ?? {}
}

/** Of a field that was not made here, only what kind of value it takes is known. */
export function wordsOf(field: Field<unknown>): string {
  return words.get(field) ?? `another ${field.type}`
}

/** By name, in the order of names. */
export function describeFields(fields: Fields): { readonly [name: string]: string } {
  const named = Object.entries(fields).map(([name, field]) => [name, wordsOf(field)] as const)
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)))
}
