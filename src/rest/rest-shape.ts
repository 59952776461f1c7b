import * as v from 'valibot'
import { describeFields, withWords } from '#vortex/protocol/field-words.ts'
import { type Field, type Fields, type FieldValues, type TupleDefinition, toSchema } from '#vortex/protocol/tuple.ts'

/** What goes into a route or comes out of it: fields, or a tuple that has a name in the document already. */
export type RestShape = Fields | TupleDefinition
export type ShapeValues<S> =
  S extends TupleDefinition<infer F> ? FieldValues<F> : S extends Fields ? FieldValues<S> : never

export function isTuple(shape: RestShape): shape is TupleDefinition {
  return 'kind' in shape && shape.kind === 'tuple'
}

export function fieldsOf(shape: RestShape): Fields {
  return isTuple(shape) ? shape.fields : shape
}

const shapes = new WeakMap<Field<unknown>, RestShape>()

/** A record inside a record: `list(record({ article: text(), count: integer() }))`. Routes take it; rows of tables do not. */
export function record<F extends Fields>(shape: TupleDefinition<F>): Field<FieldValues<F>>
export function record<F extends Fields>(shape: F): Field<FieldValues<F>>
export function record(shape: RestShape): Field<unknown> {
  const fields = fieldsOf(shape)
  const said = Object.entries(describeFields(fields)).map(([name, words]) => `${name}: ${words}`)
  const field = withWords(v.pipe(toSchema(fields)) as Field<unknown>, `{ ${said.join('; ')} }`)
  shapes.set(field, shape)
  return field
}

/** The shape of a field made by `record`. */
export function shapeOf(field: Field<unknown>): RestShape | undefined {
  return shapes.get(field)
}
