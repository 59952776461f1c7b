import * as v from 'valibot'
import { RequestError, requestJson } from '../kit/request-json.ts'

/** The admin site's own requests: sign-in, events, and what can be done to projections. */

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

const maybeText = v.nullish(v.string())
/** Milliseconds since 1970, also where the server writes a date as text. */
const instantSchema = v.union([v.number(), v.pipe(v.string(), v.transform(Date.parse))])

const eventSchema = v.object({
  id: v.string(),
  type: v.string(),
  stream: v.string(),
  revision: v.union([v.number(), v.string()]),
  position: v.string(),
  recordedAt: instantSchema,
  occurredAt: v.nullish(instantSchema),
  user: maybeText,
  device: maybeText,
  service: maybeText,
  actionId: maybeText,
  data: v.unknown(),
  metadata: v.unknown(),
})
export type AdminEvent = v.InferOutput<typeof eventSchema>

const eventPageSchema = v.object({ events: v.array(eventSchema), next: v.nullable(v.string()) })
const eventPageSize = '50'

/** The newest events of one stream, newest first. */
export async function loadStreamEvents(stream: string, signal: AbortSignal): Promise<readonly AdminEvent[]> {
  const query = new URLSearchParams({ stream, limit: eventPageSize })
  return (await requestJson(`/api/events?${query}`, eventPageSchema, { signal })).events
}
