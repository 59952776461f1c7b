import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import * as v from 'valibot'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { createAuditRoutes } from './audit-routes.ts'
import { createEventRoutes } from './event-routes.ts'
import { createEventStoreRoutes } from './event-store-routes.ts'
import { createEvidenceRoutes } from './evidence-routes.ts'
import { sessionCookie } from './login.ts'
import { createParkingRoutes } from './parking-routes.ts'
import { createPastRoutes } from './past-routes.ts'
import { createProjectionRoutes } from './projection-routes.ts'
import { createReactorRoutes } from './reactor-routes.ts'
import { createRebuildRoutes } from './rebuild-routes.ts'

const bodySizeBytesMax = 64 * 1024

const credentialsSchema = v.object({
  user: v.pipe(v.string(), v.maxLength(200)),
  password: v.pipe(v.string(), v.maxLength(1_000)),
})

/**
 * The REST side of the admin app: sign-in, recorded events, and what an administrator may do to projections and the store.
 * Errors are `{ error: { kind, words } }` with the fitting status.
 */
export function createAdminApi(options: AdminApiOptions): Hono<AdminVariables> {
  const { login, log } = options
  const api = new Hono<AdminVariables>()
  api.onError((error, c) => {
    const { status, kind, words } = toHttpError(error)
    if (status === 500) log.error(`${c.req.method} ${c.req.path} failed: ${describeError(error)}`)
    return c.json({ error: { kind, words } }, status)
  })
  api.use(bodyLimit({ maxSize: bodySizeBytesMax, onError: refuseTooLarge }))
  // A page of another site may make a browser send a form, but not with this header set to our own origin.
  api.use(async (c, next) => {
    const origin = c.req.header('origin')
    if (c.req.method !== 'GET' && origin !== undefined && hostOf(origin) !== c.req.header('host'))
      throw new PlatformError(
        'forbidden',
        `Found a request from ${origin}: only the admin app's own pages may change anything.`,
      )
    c.header('cache-control', 'no-store')
    await next()
  })

  api.post('/login', async (c) => {
    const parsed = v.safeParse(credentialsSchema, await c.req.json().catch(() => undefined))
    if (!parsed.success) throw new PlatformError('bad-input', 'Signing in needs { "user": text, "password": text }.')
    const { user, password } = parsed.output
    const result = login.signIn(user, password, options.addressOf(c))
    if ('key' in result) {
      // One browser is one person: who was signed in before is not any more, nor are that person's connections.
      const previous = getCookie(c, sessionCookie)
      if (previous) login.signOut(previous)
      setCookie(c, sessionCookie, result.key, {
        httpOnly: true,
        sameSite: 'Strict',
        path: '/',
        secure: new URL(c.req.url).protocol === 'https:',
      })
      log.info(`${user} signed in to the admin site`)
      return c.json({ user })
    }
    if (result.error === 'wait') {
      const seconds = Math.ceil(result.waitMs / 1_000)
      return c.json({ error: { kind: 'too-many', words: `Too many wrong passwords: try again in ${seconds} s.` } }, 429)
    }
    // Not the name: people type their password there.
    log.warning('somebody failed to sign in to the admin site', { address: options.addressOf(c) })
    return c.json({ error: { kind: 'forbidden', words: 'The user name or the password is wrong.' } }, 401)
  })
  api.post('/logout', (c) => {
    const key = getCookie(c, sessionCookie)
    if (key) login.signOut(key)
    deleteCookie(c, sessionCookie, { path: '/' })
    return c.json({})
  })

  api.use(async (c, next) => {
    const user = login.userOf(getCookie(c, sessionCookie))
    if (user === undefined) return c.json({ error: { kind: 'forbidden', words: 'Sign in first.' } }, 401)
    c.set('user', user)
    await next()
  })
  api.get('/me', (c) => c.json({ user: c.get('user') }))
  api.route('/events', createEventRoutes(options))
  api.route('/audit', createAuditRoutes(options))
  api.route('/projections', createParkingRoutes(options))
  api.route('/projections', createProjectionRoutes(options))
  api.route('/reactors', createReactorRoutes(options))
  api.route('/rebuilds', createRebuildRoutes(options))
  api.route('/past', createPastRoutes(options))
  api.route('/event-store', createEventStoreRoutes(options))
  api.route('/evidence', createEvidenceRoutes(options))
  api.all('*', (c) => {
    throw new PlatformError('not-found', `There is nothing at ${c.req.method} ${c.req.path}.`)
  })
  return api
}

/** Browsers send the origin "null" from pages without an address of their own. */
function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host
}

function refuseTooLarge(): never {
  throw new PlatformError('too-large', `A request may have ${bodySizeBytesMax} bytes at most.`)
}

function toHttpError(error: unknown): { status: 400 | 403 | 404 | 409 | 413 | 500 | 503; kind: string; words: string } {
  if (isPlatformError(error)) {
    const { kind, message: words } = error
    if (kind === 'bad-input') return { status: 400, kind, words }
    if (kind === 'forbidden') return { status: 403, kind, words }
    if (kind === 'already-running') return { status: 409, kind, words }
    if (kind === 'too-large') return { status: 413, kind, words }
    if (kind === 'not-found') return { status: 404, kind, words }
    if (kind === 'unavailable' || kind === 'timeout') return { status: 503, kind, words }
  }
  return { status: 500, kind: 'internal', words: 'Something broke on the server; it is logged there.' }
}
