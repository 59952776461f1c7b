import type { MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'
import { userHeader } from '#plugin-host/parts/part-routes.ts'
import { type AdminLogin, sessionCookie } from './login.ts'

/** Lets administrators through who signed in, and changes only from the admin app's own pages. For routes beside the admin API. */
export function adminDoor(login: Pick<AdminLogin, 'userOf'>): MiddlewareHandler {
  return async (c, next) => {
    const user = login.userOf(getCookie(c, sessionCookie))
    if (user === undefined) return c.json({ error: { kind: 'forbidden', words: 'Sign in first.' } }, 401)
    if (
      c.req.method !== 'GET' &&
      c.req.method !== 'HEAD' &&
      isFromElsewhere(c.req.header('origin'), c.req.header('host'))
    ) {
      const words = "Found a request from another site: only the admin app's own pages may change anything."
      return c.json({ error: { kind: 'forbidden', words } }, 403)
    }
    const headers = new Headers(c.req.raw.headers)
    headers.set(userHeader, encodeURIComponent(user))
    // The key of the session is nothing that a plugin needs.
    headers.delete('cookie')
    c.req.raw = new Request(c.req.raw, { headers })
    await next()
    return undefined
  }
}

/** A page of another site may make a browser send a form, but not with this header set to our own origin. */
export function isFromElsewhere(origin: string | undefined, host: string | undefined): boolean {
  // Browsers send the origin "null" from pages without an address of their own.
  return origin !== undefined && URL.parse(origin)?.host !== host
}
