import type { JsonObject } from '#kernel/json.ts'
import type { Fields } from '#vortex/protocol/tuple.ts'
import { toCurl } from './curl-example.ts'
import type { RestRoute } from './define-rest-route.ts'
import { exampleOf } from './example-values.ts'
import { fieldToJsonSchema, kindOf, type SchemaCollector, shapeToJsonSchema, takesNull } from './json-schema.ts'
import { type RestFailureKind, restFailureKinds } from './rest-failure.ts'

export type RestPlugin = {
  readonly id: string
  readonly title: string
  readonly version: string
  /** For whoever opens the page. */
  readonly words?: string
}

/** The OpenAPI 3.1 document of a plugin's routes: made of the same definitions that requests are checked against. */
export function toOpenApi<C>(plugin: RestPlugin, routes: readonly RestRoute<C>[]): JsonObject {
  const schemas: Record<string, JsonObject> = {}
  const collector: SchemaCollector = {
    nameOf: (name, make) => {
      schemas[name] ??= make()
      return `#/components/schemas/${name}`
    },
  }
  const paths: Record<string, Record<string, JsonObject>> = {}
  const ids = new Set<string>()
  for (const route of routes) {
    const operationId = freeIdOf(route, ids)
    ids.add(operationId)
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: { operationId, ...toOperation(plugin, route, collector) },
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: plugin.title,
      version: plugin.version,
      description: plugin.words ?? `What other systems may ask of ${plugin.title}. An administrator makes the keys.`,
    },
    tags: [{ name: plugin.title }],
    servers: [{ url: `/p/${plugin.id}` }],
    security: [{ key: [] }],
    paths,
    components: {
      schemas: { ...schemas, Error: errorSchema },
      responses: errorResponses,
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key: "Authorization: Bearer peek_…".' },
      },
    },
  }
}

function toOperation<C>(plugin: RestPlugin, route: RestRoute<C>, collector: SchemaCollector): JsonObject {
  const { input, output, status, words, scope } = route
  const changes = route.method !== 'GET'
  return {
    tags: [plugin.title],
    summary: words,
    description: `Needs a key with the scope \`${plugin.id}:${scope}\`.`,
    parameters: [
      ...parametersOf('path', route.params),
      ...parametersOf('query', route.query),
      ...(changes ? [idempotencyKey] : []),
    ],
    ...(input && {
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: shapeToJsonSchema(input, collector),
            example: exampleOf(shapeToJsonSchema(input)),
          },
        },
      },
    }),
    // Known to many readers of such documents; our own page shows it too, with its own address.
    'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: toCurl(plugin.id, route) }],
    responses: {
      [String(status)]: {
        description: statusWords[status],
        content: { 'application/json': { schema: shapeToJsonSchema(output, collector) } },
      },
      ...Object.fromEntries(
        Object.entries(responseNames)
          .filter(
            ([code]) => input || (code !== '415' && code !== '413' && code !== '400') || (changes && code === '400'),
          )
          .map(([code, name]) => [code, { $ref: `#/components/responses/${name}` }]),
      ),
      default: { $ref: '#/components/responses/Refused' },
    },
    security: [{ key: [] }],
  }
}

const statusWords = {
  200: 'Done.',
  201: 'Made.',
  202: 'Taken; it is done later, also when we are started anew before.',
}

function parametersOf(place: 'path' | 'query', fields: Fields): JsonObject[] {
  return Object.entries(fields).map(([name, field]) => {
    const schema = fieldToJsonSchema(field)
    const isOptional = takesNull(schema) || kindOf(schema) === 'array'
    const required = place === 'path' || !isOptional
    return { name, in: place, required, schema: withoutNull(schema), ...(required && { example: exampleOf(schema) }) }
  })
}

/** What is left out is null: nobody writes it. */
function withoutNull(schema: JsonObject): JsonObject {
  const [only] = Array.isArray(schema.anyOf) ? (schema.anyOf as JsonObject[]) : []
  return takesNull(schema) && only ? { ...only, description: schema.description ?? '' } : schema
}

const idempotencyKey: JsonObject = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  schema: { type: 'string', minLength: 1, maxLength: 200 },
  description: 'The same text for the same request, sent again: it takes effect once.',
}

/** Programs are generated from it: it says what the path says, and is nobody else's. */
function freeIdOf<C>({ method, path }: RestRoute<C>, taken: ReadonlySet<string>): string {
  const words = path
    .replace(/:/g, 'by-')
    .split(/[/._~-]+/)
    .filter((word) => word !== '')
  const id = method.toLowerCase() + words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('')
  for (let count = 1; ; count++) {
    const free = count === 1 ? id : `${id}${count}`
    if (!taken.has(free)) return free
  }
}

const responseNames = {
  '400': 'BadRequest',
  '401': 'NoKey',
  '403': 'Forbidden',
  '413': 'TooLarge',
  '415': 'WrongType',
  '422': 'BadInput',
  '429': 'TooMany',
  '503': 'Unavailable',
} as const

const errorSchema: JsonObject = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['kind', 'words'],
      properties: {
        kind: { type: 'string', enum: Object.keys(restFailureKinds) },
        words: { type: 'string', description: 'One sentence for a person.' },
        fields: {
          type: 'array',
          description: 'Each field that is wrong.',
          items: {
            type: 'object',
            required: ['in', 'field', 'found', 'wanted'],
            properties: {
              in: { type: 'string', enum: ['path', 'query', 'body'] },
              field: { type: 'string' },
              found: { type: 'string' },
              wanted: { type: 'string' },
            },
          },
        },
      },
    },
  },
}

const retryAfter: JsonObject = {
  'Retry-After': { schema: { type: 'integer' }, description: 'Seconds to wait.' },
}
const errorResponses: JsonObject = {
  BadRequest: errorResponse('bad-request', 'The body is no JSON, or a header is wrong.'),
  NoKey: errorResponse('no-key', 'No key, or one that is wrong, revoked or past its time.'),
  Forbidden: errorResponse('forbidden', 'The key has not the scope; the words say which.'),
  TooLarge: errorResponse('too-large', 'The body is larger than this route takes.'),
  WrongType: errorResponse('wrong-type', 'The body is not application/json.'),
  BadInput: errorResponse('bad-input', 'Fields are wrong; all of them are listed.', {
    fields: [{ in: 'body', field: 'lines[0].amount', found: '"x"', wanted: 'whole number from 1 to 100' }],
  }),
  TooMany: errorResponse('too-many', 'More requests than the key may make in a minute.', {}, retryAfter),
  Refused: errorResponse(
    'not-found',
    'Any other answer, such as 404, 409, 500 or 504: what is wrong, in the same form.',
  ),
  Unavailable: errorResponse('unavailable', 'Not just now; send it again.', {}, retryAfter),
}

function errorResponse(kind: RestFailureKind, words: string, more: JsonObject = {}, headers?: JsonObject): JsonObject {
  const schema = { $ref: '#/components/schemas/Error' }
  const content = { 'application/json': { schema, example: { error: { kind, words, ...more } } } }
  return { description: words, content, ...(headers && { headers }) }
}
