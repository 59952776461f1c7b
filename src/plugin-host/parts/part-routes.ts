import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { PartRoutes } from '#plugin-api/part-context.ts'
import type { FirstFetch } from './part-ports.ts'
import type { PartScope } from './part-scope.ts'

/**
 * Who signed in, for the routes of a plugin on the admin site; what a caller claims under this name never gets to any route.
 */
export const userHeader = 'x-peek-user'

/** What a request may carry; a plugin that moves larger things should take them in pieces. */
const bodySizeBytesMax = 16 * 1024 * 1024

export type FetchPart = (request: Request) => Promise<Response>

/**
 * The routes of one part behind its own path.
 *
 * Promises: never rejects: what a route throws is logged and answered with 500 and no detail; a request under way is waited
 * for when the part stops.
 */
export function makePartRoutes<C>(options: {
  /** Asked before the routes; what it does not answer is theirs. */
  first?: FirstFetch | undefined
  routes: PartRoutes<C> | undefined
  context: C
  /** Where they stand on the site, such as `/p/tutorial/api`. */
  path: string
  scope: PartScope
  log: Log
}): FetchPart {
  const { first, routes, context, path, scope, log } = options
  const site = new Hono().basePath(path)
  site.onError((error, c) => {
    log.error(`${c.req.method} ${c.req.path} failed: ${describeError(error)}`, { error })
    return refuse(500, 'internal', 'Something broke on the server; it is logged there.')
  })
  site.notFound((c) => refuse(404, 'not-found', `There is nothing at ${c.req.method} ${c.req.path}.`))
  site.use(bodyLimit({ maxSize: bodySizeBytesMax, onError: tooLarge }))
  routes?.(site, context)
  return (request) =>
    scope.track(`a request to ${path}`, async () => (await first?.(request)) ?? secured(await site.fetch(request)))
}

/** An answer in the form all sites use. */
export function refuse(status: number, kind: string, words: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error: { kind, words } }, { status, headers: { 'cache-control': 'no-store', ...headers } })
}

function tooLarge(): Response {
  return refuse(413, 'too-large', `A request may have ${bodySizeBytesMax} bytes at most.`)
}

/** A plugin's answers stand beside the app: a browser must not take one for a page or a script that it is not. */
function secured(response: Response): Response {
  if (!response.headers.has('x-content-type-options')) response.headers.set('x-content-type-options', 'nosniff')
  return response
}
