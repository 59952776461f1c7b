import * as v from 'valibot'
import { requestJson } from '../kit/request-json.ts'

/** The admin site's requests about reactors. How they stand comes as live rows; what they gave up on is asked for. */

const lettersUrl = (reactor: string): string => `/api/reactors/${encodeURIComponent(reactor)}/dead-letters`

const letterSchema = v.object({
  eventId: v.string(),
  stream: v.string(),
  revision: v.number(),
  type: v.string(),
  tries: v.number(),
  words: v.string(),
  firstTriedAt: v.nullable(v.number()),
  lastTriedAt: v.nullable(v.number()),
})
export type Letter = v.InferOutput<typeof letterSchema>

const pageSchema = v.object({ letters: v.array(letterSchema), next: v.nullable(v.string()) })
export type LetterPage = v.InferOutput<typeof pageSchema>

const pageSize = 25

export function loadDeadLetters(reactor: string, after?: string, signal?: AbortSignal): Promise<LetterPage> {
  const query = new URLSearchParams({ limit: String(pageSize), ...(after === undefined ? {} : { after }) })
  return requestJson(`${lettersUrl(reactor)}?${query}`, pageSchema, signal === undefined ? {} : { signal })
}

/** Of one event, or of all dead letters; answers how many begin anew. */
export async function retryDeadLetters(reactor: string, eventId: string | undefined, reason: string): Promise<number> {
  const schema = v.object({ retriedCount: v.number() })
  const body = { reason, ...(eventId === undefined ? {} : { eventId }) }
  return (await requestJson(`${lettersUrl(reactor)}/retry`, schema, { method: 'POST', body })).retriedCount
}

/** The event is to have no effects. */
export async function dropDeadLetter(reactor: string, eventId: string, reason: string): Promise<void> {
  await requestJson(`${lettersUrl(reactor)}/drop`, v.unknown(), { method: 'POST', body: { eventId, reason } })
}
