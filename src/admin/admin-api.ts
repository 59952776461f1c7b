import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import * as v from 'valibot'
import { describeError, type ErrorKind, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { isFromElsewhere } from './admin-door.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { createApiKeyRoutes } from './api-key-routes.ts'
import { createAuditRoutes } from './audit-routes.ts'
import { createDeviceRoutes } from './device-routes.ts'
import { createEventRoutes } from './event-routes.ts'
import { createEventStoreRoutes } from './event-store-routes.ts'
import { createEvidenceRoutes } from './evidence-routes.ts'
import { createJobRoutes } from './job-routes.ts'
import { sessionCookie } from './login.ts'
import { createParkingRoutes } from './parking-routes.ts'
import { createPastRoutes } from './past-routes.ts'
import { createPluginRoutes } from './plugin-routes.ts'
import { createProjectionRoutes } from './projection-routes.ts'
import { createReactorRoutes } from './reactor-routes.ts'
import { createRebuildRoutes } from './rebuild-routes.ts'
import { createServiceRoutes } from './service-routes.ts'
import { createSettingsRoutes } from './settings-routes.ts'

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
  api.use(async (c, next) => {
    const origin = c.req.header('origin')
    if (c.req.method !== 'GET' && isFromElsewhere(origin, c.req.header('host')))
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
  api.route('/jobs', createJobRoutes(options))
  api.route('/services', createServiceRoutes(options))
  api.route('/rebuilds', createRebuildRoutes(options))
  api.route('/plugins', createPluginRoutes(options))
  api.route('/settings', createSettingsRoutes(options))
  api.route('/past', createPastRoutes(options))
  api.route('/event-store', createEventStoreRoutes(options))
  api.route('/evidence', createEvidenceRoutes(options))
  api.route('/devices', createDeviceRoutes(options))
  if (options.apiKeys) api.route('/api-keys', createApiKeyRoutes({ ...options, apiKeys: options.apiKeys }))
  api.all('*', (c) => {
    throw new PlatformError('not-found', `There is nothing at ${c.req.method} ${c.req.path}.`)
  })
  return api
}

function refuseTooLarge(): never {
  throw new PlatformError('too-large', `A request may have ${bodySizeBytesMax} bytes at most.`)
}

/** What went wrong as it is planned for; anything else is a fault, and none of the asker's business. */
const statuses = {
  'bad-input': 400,
  forbidden: 403,
  'not-found': 404,
  'already-running': 409,
  'revision-conflict': 409,
  'too-many': 409,
  'too-large': 413,
  'disk-full': 503,
  'lost-leadership': 503,
  timeout: 503,
  unavailable: 503,
} as const satisfies { readonly [K in ErrorKind]?: number }
type Status = (typeof statuses)[keyof typeof statuses] | 500

function toHttpError(error: unknown): { status: Status; kind: string; words: string } {
  if (isPlatformError(error) && isPlanned(error.kind))
    return { status: statuses[error.kind], kind: error.kind, words: error.message }
  if (isLockTimeout(error)) {
    const words = 'Others hold what this needs in the database just now: try again shortly.'
    return { status: 503, kind: 'unavailable', words }
  }
  return { status: 500, kind: 'internal', words: 'Something broke on the server; it is logged there.' }
}

const isPlanned = (kind: ErrorKind): kind is keyof typeof statuses => Object.hasOwn(statuses, kind)

/** PostgreSQL's `lock_not_available`. */
function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03'
}
