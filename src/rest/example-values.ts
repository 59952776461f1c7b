import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts'
import { takesNull } from './json-schema.ts'

/** Something that a schema of ours takes, for people to begin with: as plain as it can be. */
export function exampleOf(schema: JsonObject): Json {
  const [choice] = Array.isArray(schema.enum) ? schema.enum : []
  if (choice !== undefined) return choice
  if (schema.const !== undefined) return schema.const
  const [first] = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isJsonObject) : []
  if (first) return exampleOf(first)
  switch (schema.type) {
    case 'object':
      return exampleOfObject(schema)
    case 'array':
      return isJsonObject(schema.items) ? [exampleOf(schema.items)] : []
    case 'integer':
    case 'number':
      return exampleOfNumber(schema)
    case 'boolean':
      return true
    case 'string':
      return exampleOfText(schema)
    default:
      return null
  }
}

function exampleOfObject({ properties }: JsonObject): Json {
  const fields = isJsonObject(properties) ? Object.entries(properties) : []
  return Object.fromEntries(
    fields.flatMap(([name, field]) =>
      isJsonObject(field) ? [[name, takesNull(field) ? null : exampleOf(field)]] : [],
    ),
  )
}

const someUuid = '00000000-0000-4000-8000-000000000001'
const someInstant = Date.UTC(2026, 0, 1)
const someNumber = 1

function exampleOfNumber({ title, minimum, maximum }: JsonObject): number {
  if (title === 'milliseconds since 1970') return someInstant
  const low = typeof minimum === 'number' ? minimum : someNumber
  const high = typeof maximum === 'number' ? maximum : someNumber
  return Math.max(low, Math.min(high, someNumber))
}

function exampleOfText({ format, minLength, maxLength }: JsonObject): string {
  if (format === 'uuid') return someUuid
  const [low, high] = [typeof minLength === 'number' ? minLength : 0, typeof maxLength === 'number' ? maxLength : 4]
  return 'text'.slice(0, high).padEnd(low, 'x')
}
