import * as v from 'valibot'
import { requestJson } from '../kit/request-json.ts'
import type { AdminEvent } from './admin-api.ts'

/** The admin site's requests about events that projections have parked. */

const groupSchema = v.object({
  fingerprint: v.string(),
  type: v.string(),
  words: v.string(),
  entityCount: v.number(),
  behindCount: v.number(),
  firstAt: v.number(),
  lastAt: v.number(),
})
export type ParkedGroup = v.InferOutput<typeof groupSchema>

const entitySchema = v.object({
  stream: v.string(),
  fingerprint: v.string(),
  eventId: v.string(),
  position: v.string(),
  revision: v.number(),
  type: v.string(),
  words: v.string(),
  actionId: v.nullable(v.string()),
  actionUser: v.nullable(v.string()),
  parkedCount: v.number(),
  parkedAt: v.number(),
})
export type ParkedEntity = v.InferOutput<typeof entitySchema>

const outcomeSchema = v.object({
  projectedCount: v.number(),
  skippedCount: v.number(),
  goneCount: v.number(),
  changedRowCount: v.number(),
  stillParkedCount: v.number(),
  words: v.nullable(v.string()),
})
const workSchema = v.object({
  id: v.string(),
  kind: v.picklist(['retry', 'skip', 'replay']),
  by: v.string(),
  stream: v.nullable(v.string()),
  fingerprint: v.nullable(v.string()),
  state: v.picklist(['running', 'done', 'cancelled', 'failed']),
  doneCount: v.number(),
  totalCount: v.number(),
  outcome: v.nullable(outcomeSchema),
  error: v.nullable(v.string()),
  startedAt: v.number(),
  endedAt: v.nullable(v.number()),
})
export type ParkingWork = v.InferOutput<typeof workSchema>

const parkedSchema = v.object({ groups: v.array(groupSchema), works: v.array(workSchema) })
export type Parked = v.InferOutput<typeof parkedSchema>
const pageSchema = v.object({ entities: v.array(entitySchema), next: v.nullable(v.string()) })
export type ParkedEntityPage = v.InferOutput<typeof pageSchema>
const eventSchema = v.object({ event: v.nullable(v.object({ data: v.unknown(), metadata: v.unknown() })) })
const answerSchema = v.object({ work: workSchema })

const rootOf = (projection: string): string => `/api/projections/${encodeURIComponent(projection)}/parked`

export function loadParkedGroups(projection: string, signal: AbortSignal): Promise<Parked> {
  return requestJson(rootOf(projection), parkedSchema, { signal })
}

export function loadParkedEntities(
  projection: string,
  fingerprint: string,
  after: string | undefined,
  signal: AbortSignal,
): Promise<ParkedEntityPage> {
  const query = new URLSearchParams({ fingerprint, ...(after === undefined ? {} : { after }) })
  return requestJson(`${rootOf(projection)}/entities?${query}`, pageSchema, { signal })
}

/** What the failing event says; null when the log does not hold it any more. */
export async function loadParkedEvent(
  projection: string,
  { stream, revision }: Pick<ParkedEntity, 'stream' | 'revision'>,
  signal: AbortSignal,
): Promise<Pick<AdminEvent, 'data' | 'metadata'> | null> {
  const query = new URLSearchParams({ stream, revision: String(revision) })
  return (await requestJson(`${rootOf(projection)}/event?${query}`, eventSchema, { signal })).event
}

/** What somebody wants done, and about what. */
export type ParkingRequest =
  | { readonly kind: 'retry'; readonly fingerprint: string }
  | { readonly kind: 'retry' | 'replay'; readonly stream: string }
  | { readonly kind: 'skip'; readonly stream: string; readonly eventId: string }

/** Begins it; the answer is how it stands a moment later. */
export async function askParking(projection: string, asked: ParkingRequest, reason: string): Promise<ParkingWork> {
  const { kind, ...what } = asked
  const body = { ...what, reason }
  return (await requestJson(`${rootOf(projection)}/${kind}`, answerSchema, { method: 'POST', body })).work
}

export async function cancelParkingWork(projection: string, id: string): Promise<ParkingWork> {
  const url = `${rootOf(projection)}/work/${encodeURIComponent(id)}/cancel`
  return (await requestJson(url, answerSchema, { method: 'POST', body: {} })).work
}
