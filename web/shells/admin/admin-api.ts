import * as v from 'valibot'
import { RequestError, requestJson } from '../kit/request-json.ts'

/** The admin site's own requests: sign-in, and what can be done to projections. */

const userSchema = v.object({ user: v.string() })

/** Who is signed in, or undefined when nobody is. */
export async function loadSignedInUser(): Promise<string | undefined> {
  try {
    return (await requestJson('/api/me', userSchema)).user
  } catch (error) {
    if (error instanceof RequestError && error.status === 401) return undefined
    throw error
  }
}

export async function logIn(user: string, password: string): Promise<string> {
  return (await requestJson('/api/login', userSchema, { method: 'POST', body: { user, password } })).user
}

export async function logOut(): Promise<void> {
  await requestJson('/api/logout', v.unknown(), { method: 'POST', body: {} })
}

export async function resetProjection(id: string, reason: string): Promise<void> {
  const url = `/api/projections/${encodeURIComponent(id)}/reset`
  await requestJson(url, v.unknown(), { method: 'POST', body: { reason } })
}
