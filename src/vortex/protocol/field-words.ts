import type { Field, Fields } from './tuple.ts'

/** What a field takes, in words: the same words, the same values. Kept beside the field, since a check cannot be read. */

const words = new WeakMap<Field<unknown>, string>()

export function withWords<T>(field: Field<T>, said: string): Field<T> {
  words.set(field, said)
  return field
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
