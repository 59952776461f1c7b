import * as v from 'valibot'
import { isJsonObject } from '#kernel/json.ts'
import type { Field, Fields, FieldValues } from '#vortex/protocol/tuple.ts'

/** What an answer must be: named fields, as in a tuple, or any field kind, such as `list(…)`. */
export type AnswerShape = Fields | Field<unknown>
export type ValueOf<S extends AnswerShape> = S extends Field<infer T> ? T : S extends Fields ? FieldValues<S> : never

export function toAnswerSchema<S extends AnswerShape>(shape: S): v.GenericSchema<unknown, ValueOf<S>> {
  const schema: v.GenericSchema<unknown, unknown> = isSchema(shape) ? shape : record(shape as Fields)
  return schema as v.GenericSchema<unknown, ValueOf<S>>
}

/** An object inside an answer, such as an entry of a list. An outside system may say more than we ask for: that is left out. */
export function record<F extends Fields>(fields: F): Field<FieldValues<F>> {
  const object = v.custom<object>((value) => isJsonObject(value), 'must be an object with named fields')
  const schema: v.GenericSchema<unknown, unknown> = v.pipe(object, v.object(fields))
  return schema as Field<FieldValues<F>>
}

function isSchema(shape: AnswerShape): shape is Field<unknown> {
  return 'kind' in shape && shape.kind === 'schema' && '~run' in shape
}
