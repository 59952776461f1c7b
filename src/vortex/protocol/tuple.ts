import * as v from 'valibot'
import { assert } from '#kernel/assert.ts'
import { isJsonObject } from '#kernel/json.ts'

/**
 * Tuples: named, typed, serialisable records. One definition gives the TypeScript type, the check at every door,
 * and the words of its documentation. Field values are plain JSON, so that a row travels unchanged.
 */
export type Field<T> = v.GenericSchema<unknown, T>
export type Fields = { readonly [name: string]: Field<unknown> }
export type FieldValues<F extends Fields> = { readonly [K in keyof F]: v.InferOutput<F[K]> }

export type TupleDefinition<F extends Fields = Fields> = {
  readonly kind: 'tuple'
  /** `<plugin>.<Name>`. */
  readonly name: string
  readonly fields: F
  readonly schema: v.GenericSchema<unknown, FieldValues<F>>
  /** Whether devices keep the rows that were shown: there at once the next time, and without a connection. */
  readonly keep: boolean
}
export type TupleOf<D extends { readonly fields: Fields }> = FieldValues<D['fields']>

/**
 * With `keep`, rows that a screen has shown stay on the device until its plugin's budget is used up: for whatever a person
 * needs without a connection, or at once.
 */
export function defineTuple<F extends Fields>(
  name: string,
  fields: F,
  { keep = false }: { readonly keep?: boolean } = {},
): TupleDefinition<F> {
  return { kind: 'tuple', name: checkedName(name), fields, schema: toSchema(fields), keep }
}

/** Exactly these fields. An array is an object to the schema library, and one without entries would pass as no fields. */
export function toSchema<F extends Fields>(fields: F): v.GenericSchema<unknown, FieldValues<F>> {
  const record = v.custom<object>((value) => isJsonObject(value), 'must be an object with named fields')
  return v.pipe(record, v.strictObject(fields)) as v.GenericSchema<unknown, FieldValues<F>>
}

/** `tutorial.StringInt`: a plugin id, a dot, a name in capitals. */
export function checkedName(name: string): string {
  assert(
    /^[a-z][a-z0-9-]*\.[A-Z][A-Za-z0-9]*$/.test(name),
    `"${name}" is not a definition's name: wanted "<plugin>.<Name>", as in "tutorial.StringInt"`,
  )
  return name
}

export function pluginOf(name: string): string {
  return name.slice(0, name.indexOf('.'))
}
