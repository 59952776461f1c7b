import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import { actionIdOf } from './action-id.ts'
import { checkFields } from './check-values.ts'
import type { RestRoute } from './define-rest-route.ts'
import { createRouteFinder, type FoundRoute } from './find-route.ts'
import { checkScope, type KeyGate } from './keys/key-gate.ts'
import type { RestPlugin } from './open-api.ts'
import { readIdempotencyKey, readRequest } from './read-request.ts'
import type { LoggedRequest, RequestLog } from './request-log.ts'
import { RestFailure, restFailureKinds, toErrorBody, toLoggedWords, toRestFailure } from './rest-failure.ts'
import { fieldsOf } from './rest-shape.ts'
import { createHandlerRunner } from './run-handler.ts'
import { createDocumentSite } from './site/document-site.ts'
import type { PageFiles } from './site/page-files.ts'

/**
 * The routes of one plugin on the site of an agent.
 *
 * Promises: every request to one of them is answered and written down, whatever the handler does; what goes in and what
 * comes out is as the route says; nothing of the inside shows in an answer. The order of checks is: method, key, rate,
 * scope, type, size, JSON, fields.
 */
export interface RestApi {
  /** Undefined when neither a route nor the document has this path. `address`: of who asks, for those who are refused. */
  fetch(request: Request, address: () => string): Promise<Response | undefined>
}

export type RestApiOptions<C> = {
  readonly plugin: RestPlugin
  readonly routes: readonly RestRoute<C>[]
  readonly context: C
  /** Aborted when the part stops. */
  readonly signal: AbortSignal
  readonly gate: KeyGate
  /** Lets the connection of a request wait as long for its answer; for those only that have a right key. */
  readonly keepOpen: (request: Request, lengthMs: number) => void
  readonly files: PageFiles
  readonly requests: Pick<RequestLog, 'note'>
  readonly clock: Clock
  readonly log: Log
}

/** Requests under way, a plugin: those above it are asked to come again. One key may have half of them, and never all. */
const underWayMax = 100
const underWayOfKeyMax = 50

type Answer = {
  readonly response: Response
  readonly bytesOut: number
}
type Known = { keyId: string | null; keyName: string | null; bytesIn: number; words: string | null }

export function createRestApi<C>(options: RestApiOptions<C>): RestApi {
  const { plugin, routes, clock, log } = options
  const prefix = `/p/${plugin.id}`
  const findRoute = createRouteFinder(routes)
  const runHandler = createHandlerRunner(options)
  const serveDocument = createDocumentSite(options)
  const note = createNoting(options.requests)
  const takePlace = createPlaces()

  const answer = async (
    request: Request,
    address: () => string,
    found: Exclude<FoundRoute<C>, { is: 'nothing' }>,
    url: URL,
    known: Known,
  ): Promise<Answer> => {
    let headers: Readonly<Record<string, string>> = {}
    let leave: (() => void) | undefined
    try {
      if (found.is === 'other-method') return answerMethod(request, found.allow)
      const key = options.gate.identify(request, address)
      known.keyId = key.id
      known.keyName = key.name
      headers = options.gate.count(key)
      checkScope(key, `${plugin.id}:${found.route.scope}`)
      leave = takePlace(key.id)
      if (!leave) throw tooBusy()
      const idempotencyKey = readIdempotencyKey(request)
      const { route, params } = found
      options.keepOpen(request, route.timeoutMs)
      const onBody = (bytesIn: number): void => {
        known.bytesIn = bytesIn
      }
      const read = await readRequest(route, request, { params, url, onBody })
      const { id, name } = key
      const ids = { plugin: plugin.id, route: `${route.method} ${url.pathname}`, keyId: id, idempotencyKey }
      const given = { ...read, key: { id, name }, idempotencyKey, actionId: actionIdOf(ids) }
      return toAnswer(route.status, checkOutput(route, await runHandler(route, given), log), headers)
    } catch (thrown) {
      const failure = toRestFailure(thrown)
      known.words = toLoggedWords(failure)
      // The request that goes with it is in the log of requests; this is for whoever mends the plugin.
      if (failure.kind === 'internal')
        log.error(`${request.method} ${url.pathname} failed: ${describeError(failure.cause ?? thrown)}`, {
          error: thrown,
        })
      return toAnswer(restFailureKinds[failure.kind], toErrorBody(failure), { ...headers, ...failure.headers })
    } finally {
      leave?.()
    }
  }

  return {
    fetch: async (request, address) => {
      const url = new URL(request.url)
      if (!url.pathname.startsWith(`${prefix}/`)) return undefined
      const path = url.pathname.slice(prefix.length)
      const found = findRoute(request.method, path)
      if (found.is === 'nothing') return serveDocument(request, path)
      const startedAt = clock.now()
      const startedMs = performance.now()
      const known: Known = { keyId: null, keyName: null, bytesIn: 0, words: null }
      const { response, bytesOut } = await answer(request, address, found, url, known)
      note({
        at: startedAt,
        plugin: plugin.id,
        method: request.method,
        path: url.pathname,
        status: response.status,
        ms: Math.round((performance.now() - startedMs) * 10) / 10,
        bytesOut,
        ...known,
      })
      return response
    },
  }
}

/** Gives the place of a key back when it is called; undefined when there is none for it. */
type TakePlace = (keyId: string) => (() => void) | undefined

function createPlaces(): TakePlace {
  const ofKeys = new Map<string, number>()
  let taken = 0
  return (keyId) => {
    const count = ofKeys.get(keyId) ?? 0
    if (taken >= underWayMax || count >= underWayOfKeyMax) return undefined
    taken++
    ofKeys.set(keyId, count + 1)
    return () => {
      taken--
      const left = (ofKeys.get(keyId) ?? 1) - 1
      if (left > 0) ofKeys.set(keyId, left)
      else ofKeys.delete(keyId)
    }
  }
}

/** What does not fit the document is not sent: whoever reads it relies on the document. */
function checkOutput<C>(route: RestRoute<C>, output: object, log: Log): object {
  const checked = checkFields('body', fieldsOf(route.output), output)
  if (checked.ok) return checked.value
  const faults = checked.faults.map(({ field, found, wanted }) => `${field}: found ${found}, wanted ${wanted}`)
  log.error(`the output of ${route.method} ${route.path} is not as the route says: ${faults.join('; ')}`)
  throw new RestFailure('internal', 'Something broke on the server; it is logged there.')
}

/**
 * Of requests without a right key only those are kept that are counted by address, and of those that a key makes above its
 * rate the first after one that was let in: nobody can push the requests of others out of the log.
 */
function createNoting(requests: Pick<RequestLog, 'note'>): (row: LoggedRequest) => void {
  /** Keys that were told to wait since they were let in. */
  const waiting = new Set<string>()
  return (row) => {
    const { keyId, status } = row
    if (keyId === null) {
      if (status === restFailureKinds['no-key']) requests.note(row)
    } else if (status !== restFailureKinds['too-many']) {
      waiting.delete(keyId)
      requests.note(row)
    } else if (!waiting.has(keyId)) {
      waiting.add(keyId)
      requests.note(row)
    }
  }
}

function answerMethod(request: Request, allow: readonly string[]): Answer {
  const headers = { allow: allow.join(', ') }
  if (request.method === 'OPTIONS') return { response: new Response(null, { status: 204, headers }), bytesOut: 0 }
  throw new RestFailure('no-such-method', `${request.method} is not known here: wanted ${allow.join(', ')}.`, {
    headers,
  })
}

function tooBusy(): RestFailure {
  const words = 'Too many requests are under way here; send this one again shortly.'
  return new RestFailure('unavailable', words, { headers: { 'retry-after': '1' } })
}

function toAnswer(status: number, body: object, headers: Readonly<Record<string, string>>): Answer {
  const text = JSON.stringify(body)
  const response = new Response(text, {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  })
  return { response, bytesOut: Buffer.byteLength(text) }
}
