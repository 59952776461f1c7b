import * as v from 'valibot'
import { requestJson } from '../kit/request-json.ts'

/** The admin site's requests about projections and their rebuilds. How they stand comes as live rows; these are the rest. */

const projectionUrl = (id: string): string => `/api/projections/${encodeURIComponent(id)}`
const rebuildUrl = (id: string): string => `/api/rebuilds/${encodeURIComponent(id)}`

const estimateSchema = v.object({
  fromVersion: v.number(),
  toVersion: v.number(),
  eventCount: v.number(),
  isEventCountExact: v.boolean(),
  seconds: v.number(),
  secondsMin: v.number(),
  secondsMax: v.number(),
  diskBytes: v.number(),
  diskFreeBytes: v.nullable(v.number()),
  observables: v.array(v.string()),
  watchedSelectors: v.number(),
})
export type Estimate = v.InferOutput<typeof estimateSchema>

/** What a rebuild would take; nothing is begun. */
export async function loadEstimate(projection: string, signal?: AbortSignal): Promise<Estimate> {
  const schema = v.object({ estimate: estimateSchema })
  const url = `${projectionUrl(projection)}/estimate`
  return (await requestJson(url, schema, signal === undefined ? {} : { signal })).estimate
}

export type StartRequest = { readonly reason: string; readonly asksFirst: boolean; readonly rateMax: number | null }

export async function startRebuild(projection: string, body: StartRequest): Promise<void> {
  await requestJson(`${projectionUrl(projection)}/rebuild`, v.unknown(), { method: 'POST', body })
}

/** Back to the kept tables. */
export async function startReturn(projection: string, body: StartRequest): Promise<void> {
  await requestJson(`${projectionUrl(projection)}/return`, v.unknown(), { method: 'POST', body })
}

/** Gives the room of the kept tables back. */
export async function dropKept(projection: string): Promise<void> {
  await requestJson(`${projectionUrl(projection)}/drop`, v.unknown(), { method: 'POST', body: {} })
}

const keptSchema = v.object({
  version: v.number(),
  keptSince: v.number(),
  tableBytes: v.number(),
  obstacle: v.nullable(v.string()),
})
export type Kept = v.InferOutput<typeof keptSchema>

/** The tables of the earlier version of a projection, or null when none are kept. */
export async function loadKept(projection: string, signal?: AbortSignal): Promise<Kept | null> {
  const schema = v.object({ kept: v.nullable(keptSchema) })
  return (await requestJson(projectionUrl(projection), schema, signal === undefined ? {} : { signal })).kept
}

export async function pauseRebuild(id: string): Promise<void> {
  await requestJson(`${rebuildUrl(id)}/pause`, v.unknown(), { method: 'POST', body: {} })
}

export async function resumeRebuild(id: string): Promise<void> {
  await requestJson(`${rebuildUrl(id)}/resume`, v.unknown(), { method: 'POST', body: {} })
}

export async function cancelRebuild(id: string, reason: string): Promise<void> {
  await requestJson(`${rebuildUrl(id)}/cancel`, v.unknown(), { method: 'POST', body: { reason } })
}

/** Events a second at most; null for no limit. */
export async function throttleRebuild(id: string, rateMax: number | null): Promise<void> {
  await requestJson(`${rebuildUrl(id)}/throttle`, v.unknown(), { method: 'POST', body: { rateMax } })
}

/** The word to go on after looking at the differences. */
export async function approveRebuild(id: string): Promise<void> {
  await requestJson(`${rebuildUrl(id)}/approve`, v.unknown(), { method: 'POST', body: {} })
}

const proofSchema = v.object({
  outcome: v.picklist(['equal', 'different']),
  sampleShare: v.number(),
  tables: v.array(
    v.object({
      table: v.string(),
      rowCount: v.number(),
      wantedRowCount: v.number(),
      hash: v.string(),
      wantedHash: v.string(),
    }),
  ),
  examples: v.array(v.object({ table: v.string(), key: v.string() })),
})
export type Proof = v.InferOutput<typeof proofSchema>

/** What was compared before the swap; null before it was. */
export async function loadProof(rebuild: string, signal?: AbortSignal): Promise<Proof | null> {
  const schema = v.object({ rebuild: v.object({ proof: v.nullable(proofSchema) }) })
  return (await requestJson(rebuildUrl(rebuild), schema, signal === undefined ? {} : { signal })).rebuild.proof
}

const sideSchema = v.nullable(v.record(v.string(), v.unknown()))
const differenceSchema = v.object({ table: v.string(), key: v.string(), live: sideSchema, shadow: sideSchema })
export type Difference = v.InferOutput<typeof differenceSchema>

const differencePageSchema = v.object({ rows: v.array(differenceSchema), next: v.nullable(v.string()) })
export type DifferencePage = v.InferOutput<typeof differencePageSchema>

const differencePageSize = 25

/** Rows that the new tables have otherwise than the live ones, behind a place in an earlier page. */
export function loadDifferences(rebuild: string, after?: string, signal?: AbortSignal): Promise<DifferencePage> {
  const query = new URLSearchParams({ limit: String(differencePageSize), after: after ?? '' })
  const url = `${rebuildUrl(rebuild)}/differences?${query}`
  return requestJson(url, differencePageSchema, signal === undefined ? {} : { signal })
}
