import * as v from 'valibot'
import { requestJson } from '../kit/request-json.ts'

/** The admin site's requests about the event store. How it is comes as live rows; these are the rest. */

const root = '/api/event-store'

export type GroupName = { readonly stream: string; readonly group: string }

const messageSchema = v.object({
  revision: v.number(),
  parkedAt: v.number(),
  reason: v.optional(v.string()),
  retryCount: v.optional(v.number()),
  event: v.optional(v.object({ id: v.string(), type: v.string(), stream: v.string(), revision: v.number() })),
  link: v.string(),
})
export type ParkedMessage = v.InferOutput<typeof messageSchema>

const parkedPageSchema = v.object({ messages: v.array(messageSchema), next: v.nullable(v.number()) })
export type ParkedPage = v.InferOutput<typeof parkedPageSchema>

/** Parked messages of a persistent subscription, oldest first. */
export function loadParked(name: GroupName, from?: number, signal?: AbortSignal): Promise<ParkedPage> {
  const query = new URLSearchParams(name)
  if (from !== undefined) query.set('from', String(from))
  return requestJson(`${root}/parked?${query}`, parkedPageSchema, signal === undefined ? {} : { signal })
}

/** All of them, or the oldest `countMax`, go to the consumers again. */
export async function replayParked(name: GroupName, countMax: number | undefined, reason: string): Promise<void> {
  const body = { ...name, reason, ...(countMax === undefined ? {} : { countMax }) }
  await requestJson(`${root}/parked/replay`, v.unknown(), { method: 'POST', body })
}

const scavengeSchema = v.object({
  id: v.string(),
  startedAt: v.number(),
  endedAt: v.optional(v.number()),
  result: v.string(),
  error: v.string(),
  freedBytes: v.optional(v.number()),
})
export type PastScavenge = v.InferOutput<typeof scavengeSchema>

export async function loadScavenges(signal?: AbortSignal): Promise<readonly PastScavenge[]> {
  const schema = v.object({ scavenges: v.array(scavengeSchema) })
  return (await requestJson(`${root}/scavenges`, schema, signal === undefined ? {} : { signal })).scavenges
}

export async function startScavenge(reason: string): Promise<void> {
  await requestJson(`${root}/scavenges`, v.unknown(), { method: 'POST', body: { reason } })
}

/** Answers with the name of the file; the live figures say how far it is. */
export async function startBackup(reason: string): Promise<string> {
  const schema = v.object({ name: v.string() })
  return (await requestJson(`${root}/backups`, schema, { method: 'POST', body: { reason } })).name
}

export async function stopScavenge(id: string, reason: string): Promise<void> {
  await requestJson(`${root}/scavenges/stop`, v.unknown(), { method: 'POST', body: { id, reason } })
}
