import { toJsonSchema } from '@valibot/to-json-schema'
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { boundsOf, wordsOf } from '#vortex/protocol/field-words.ts'
import type { Field } from '#vortex/protocol/tuple.ts'
import { fieldsOf, isTuple, type RestShape, shapeOf } from './rest-shape.ts'

/**
 * Fields as JSON Schema (2020-12, as OpenAPI 3.1 has it): what the schema library can read off a field, the bounds that
 * stand beside it, and the field's words as its description.
 */
export type SchemaCollector = {
  /** Where a tuple's schema stands in the document; it is asked for once for each mention. */
  nameOf(name: string, make: () => JsonObject): string
}

/** Everything in its place, nothing referred to. */
const inline: SchemaCollector = { nameOf: () => '' }

export function shapeToJsonSchema(shape: RestShape, collector: SchemaCollector = inline): JsonObject {
  const make = (): JsonObject => {
    const fields = fieldsOf(shape)
    const properties = Object.entries(fields).map(([name, field]) => [name, fieldToJsonSchema(field, collector)])
    return {
      type: 'object',
      properties: Object.fromEntries(properties) as JsonObject,
      required: Object.keys(fields),
      additionalProperties: false,
    }
  }
  if (!isTuple(shape)) return make()
  const ref = collector.nameOf(shape.name, make)
  return ref === '' ? make() : { $ref: ref }
}

export function fieldToJsonSchema(field: Field<unknown>, collector: SchemaCollector = inline): JsonObject {
  const schema = toBareSchema(field, collector)
  return '$ref' in schema ? schema : { ...schema, description: wordsOf(field) }
}

/** The schema library does not know our bounds, and loses sight of a field inside another one. */
function toBareSchema(field: Field<unknown>, collector: SchemaCollector): JsonObject {
  const shape = shapeOf(field)
  if (shape) return shapeToJsonSchema(shape, collector)
  if (field.type === 'nullable' && 'wrapped' in field && isField(field.wrapped))
    return { anyOf: [fieldToJsonSchema(field.wrapped, collector), { type: 'null' }] }
  const { $schema: _, ...own } = JSON.parse(JSON.stringify(toJsonSchema(field, { errorMode: 'ignore' })))
  const read: JsonObject = { ...own, ...boundsOf(field) }
  const isList = field.type === 'array' && 'item' in field && isField(field.item)
  return isList ? { ...read, items: fieldToJsonSchema(field.item as Field<unknown>, collector) } : read
}

function isField(value: unknown): value is Field<unknown> {
  return isJsonObject(value) && value.kind === 'schema'
}

/** Whether null will do. */
export function takesNull(schema: JsonObject): boolean {
  return alternativesOf(schema).some(({ type }) => type === 'null')
}

/** The kinds of value it takes, null aside: `integer`, `array`, … */
export function kindOf(schema: JsonObject): string {
  return String(alternativesOf(schema).find(({ type }) => type !== 'null')?.type ?? 'string')
}

export function entriesOf(schema: JsonObject): JsonObject | undefined {
  const list = alternativesOf(schema).find(({ type }) => type === 'array')
  return list && isJsonObject(list.items) ? list.items : undefined
}

function alternativesOf(schema: JsonObject): readonly JsonObject[] {
  return Array.isArray(schema.anyOf) ? schema.anyOf.filter(isJsonObject) : [schema]
}
