import { assert } from '#kernel/assert.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import { fieldsOf, type RestShape, type ShapeValues } from './rest-shape.ts'

export const restMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export type RestMethod = (typeof restMethods)[number]

/** What a handler is given: all of it checked against the route's definition. */
export type RestRequest<P = object, Q = object, I = object> = {
  readonly params: P
  readonly query: Q
  readonly input: I
  /** Whose key it is: never the key itself. */
  readonly key: { readonly id: string; readonly name: string }
  /** As the caller sent it: the same one means the same request, sent again. */
  readonly idempotencyKey: string | undefined
  /**
   * For an action that this request causes. It is made of route, key and `Idempotency-Key`, so that a request sent again
   * takes effect once; without that header each request has another one.
   */
  readonly actionId: string
  /** Aborted when the time is up and when the part stops. */
  readonly signal: AbortSignal
}

/** A route of a plugin on the site of an agent, for programs outside that cannot speak vortex. `C`: what its part is given. */
export type RestRoute<C = unknown> = {
  readonly kind: 'rest-route'
  readonly method: RestMethod
  /** Below `/p/<plugin>`; `:name` stands for a field of `params`. */
  readonly path: string
  /** One line for whoever reads the document. */
  readonly words: string
  readonly params: Fields
  readonly query: Fields
  /** Null: the request has no body. */
  readonly input: RestShape | null
  readonly output: RestShape
  /** What a key must be allowed: the document and the admin app call it `<plugin>:<scope>`. */
  readonly scope: string
  readonly status: 200 | 201 | 202
  readonly bodyBytesMax: number
  readonly timeoutMs: number
  handle(request: RestRequest, context: C): Promise<object> | object
}

type Definition<C, P extends Fields, Q extends Fields, I extends RestShape, O extends RestShape> = {
  readonly words: string
  /** Each `:name` of the path. */
  readonly params?: P
  /** A field that may be null may be left out. */
  readonly query?: Q
  readonly input?: I
  readonly output: O
  readonly scope: string
  /** 202: taken, and done later. */
  readonly status?: 200 | 201 | 202
  readonly bodyBytesMax?: number
  readonly timeoutMs?: number
  handle(
    request: RestRequest<FieldValues<P>, FieldValues<Q>, ShapeValues<I>>,
    context: C,
  ): Promise<ShapeValues<O>> | ShapeValues<O>
}

const bodyBytesDefault = 1024 * 1024
const bodyBytesLimit = 16 * 1024 * 1024
const timeoutMsDefault = 30_000
/** Whoever waits longer than this should be told 202 and ask again. */
const timeoutMsLimit = 120_000
/** What stands beside the routes of every plugin. */
const takenPaths = /^\/(openapi\.json|docs(\/.*)?)$/

export function makeRestRoute<
  C,
  O extends RestShape,
  P extends Fields = Record<never, never>,
  Q extends Fields = Record<never, never>,
  I extends RestShape = Record<never, never>,
>(method: RestMethod, path: string, definition: Definition<C, P, Q, I, O>): RestRoute<C> {
  const { words, params = {}, query = {}, input = null, output, scope, status = 200 } = definition
  const { bodyBytesMax = bodyBytesDefault, timeoutMs = timeoutMsDefault } = definition
  const route = `route ${method} ${path}`
  assert(
    /^(\/(:[a-zA-Z]\w*|[\w.~-]+))+$/.test(path) && path.length <= 200,
    `${route}: wanted a path such as "/meters/:meterId/readings"`,
  )
  assert(!takenPaths.test(path), `${route}: /openapi.json and /docs are the plugin's document; take another path`)
  assert(
    /^[a-z][a-z0-9-]*$/.test(scope),
    `${route} has the scope "${scope}": wanted lower case, such as "readings-write"`,
  )
  assert(words.trim() !== '', `${route} has no words: say in one line what it is for`)
  const named = namesIn(path)
  assert(new Set(named).size === named.length, `${route} has a name twice in its path`)
  for (const name of named) assert(name in params, `${route} has no field "${name}" in its params`)
  for (const name of Object.keys(params)) assert(named.includes(name), `${route} has no ":${name}" in its path`)
  const isWithoutBody = method === 'GET' || method === 'DELETE'
  assert(!(isWithoutBody && input), `${route} has an input: ${method} carries none; use query, or another method`)
  if (input) assert(Object.keys(fieldsOf(input)).length > 0, `${route} has an input without fields: leave it out`)
  assertWithin(route, 'bodyBytesMax', bodyBytesMax, bodyBytesLimit)
  assertWithin(route, 'timeoutMs', timeoutMs, timeoutMsLimit)
  return {
    kind: 'rest-route',
    method,
    path,
    words,
    params,
    query,
    input,
    output,
    scope,
    status,
    bodyBytesMax,
    timeoutMs,
    // Whoever runs a handler has checked the request against this same definition.
    handle: (request, context) =>
      definition.handle(request as RestRequest<FieldValues<P>, FieldValues<Q>, ShapeValues<I>>, context),
  }
}

export function namesIn(path: string): string[] {
  return path.split('/').flatMap((piece) => (piece.startsWith(':') ? [piece.slice(1)] : []))
}

/** Two routes of one part that answer the same requests are a mistake, and so is one path with two names in the document. */
export function checkRoutes<C>(routes: readonly RestRoute<C>[]): readonly RestRoute<C>[] {
  const known = new Set<string>()
  const paths = new Map<string, string>()
  for (const { method, path } of routes) {
    const shape = path.replace(/:\w+/g, ':')
    assert(!known.has(`${method} ${shape}`), `route ${method} ${path} is there twice`)
    known.add(`${method} ${shape}`)
    const other = paths.get(shape) ?? path
    assert(
      other === path,
      `route ${method} ${path}: another route calls it "${other}"; the names in a path are the same`,
    )
    paths.set(shape, path)
  }
  return routes
}

function assertWithin(route: string, what: string, found: number, max: number): void {
  assert(Number.isInteger(found) && found >= 1 && found <= max, `${route} has ${what} ${found}: wanted 1 to ${max}`)
}
