import * as v from 'valibot'
import { requestJson } from '../kit/request-json.ts'

/** The admin site's requests about what was recorded. */

const root = '/api/audit'
const maybeText = v.nullable(v.string())

const foundEventSchema = v.object({
  position: v.string(),
  id: v.string(),
  kind: v.string(),
  type: v.string(),
  refused: maybeText,
  schemaVersion: v.nullable(v.number()),
  plugin: v.string(),
  category: v.string(),
  entityId: v.string(),
  stream: v.string(),
  revision: v.number(),
  actionId: maybeText,
  correlationId: maybeText,
  causationId: maybeText,
  user: v.string(),
  device: v.string(),
  service: v.string(),
  occurredAt: v.number(),
  recordedAt: v.number(),
  data: v.unknown(),
})
export type FoundEvent = v.InferOutput<typeof foundEventSchema>

const pageSchema = v.object({
  events: v.array(foundEventSchema),
  next: maybeText,
  isUnfinished: v.boolean(),
  isComplete: v.boolean(),
})
export type AuditPageAnswer = v.InferOutput<typeof pageSchema>

export type Order = 'newest' | 'oldest'
export const auditPageSize = 50

/** A page of what fits, behind a position. */
export function findEvents(
  query: URLSearchParams,
  asked: { readonly order: Order; readonly beyond?: string | undefined },
  signal?: AbortSignal,
): Promise<AuditPageAnswer> {
  const params = new URLSearchParams(query)
  params.set('order', asked.order)
  params.set('limit', String(auditPageSize))
  if (asked.beyond !== undefined) params.set('beyond', asked.beyond)
  return requestJson(`${root}/events?${params}`, pageSchema, withSignal(signal))
}

const countSchema = v.object({ count: v.number(), isMore: v.boolean() })
export type EventCount = v.InferOutput<typeof countSchema>

export function countEvents(query: URLSearchParams, signal?: AbortSignal): Promise<EventCount> {
  return requestJson(`${root}/count?${query}`, countSchema, withSignal(signal))
}

const shownEventSchema = v.object({
  event: foundEventSchema,
  metadata: v.nullable(v.record(v.string(), v.unknown())),
  today: v.nullable(v.object({ schemaVersion: v.number(), data: v.unknown() })),
  todayWords: maybeText,
  previous: maybeText,
  next: maybeText,
})
export type ShownEvent = v.InferOutput<typeof shownEventSchema>

/** By id or position. */
export function loadEvent(id: string, signal?: AbortSignal): Promise<ShownEvent> {
  return requestJson(`${root}/events/${encodeURIComponent(id)}`, shownEventSchema, withSignal(signal))
}

export type CausationNode = { readonly event: FoundEvent; readonly effects: readonly CausationNode[] }
const nodeSchema: v.GenericSchema<unknown, CausationNode> = v.object({
  event: foundEventSchema,
  effects: v.array(v.lazy(() => nodeSchema)),
})
const treeSchema = v.object({
  tap: v.nullable(v.object({ user: v.string(), device: v.string(), service: v.string(), occurredAt: v.number() })),
  roots: v.array(nodeSchema),
  isCut: v.boolean(),
})
export type CausationTree = v.InferOutput<typeof treeSchema>

export function loadTree(id: string, signal?: AbortSignal): Promise<CausationTree> {
  return requestJson(`${root}/events/${encodeURIComponent(id)}/tree`, treeSchema, withSignal(signal))
}

const rowSchema = v.nullable(v.record(v.string(), v.unknown()))
const rowsSchema = v.object({
  rows: v.nullable(
    v.array(
      v.object({ projection: v.string(), table: v.string(), key: v.string(), before: rowSchema, after: rowSchema }),
    ),
  ),
  words: v.optional(v.string()),
})
export type RowChanges = v.InferOutput<typeof rowsSchema>
export type ChangedRow = NonNullable<RowChanges['rows']>[number]

/** The rows an event changed; null where nobody can tell. */
export function loadRowChanges(id: string, signal?: AbortSignal): Promise<RowChanges> {
  return requestJson(`${root}/events/${encodeURIComponent(id)}/rows`, rowsSchema, withSignal(signal))
}

const exportSchema = v.object({
  export: v.object({
    id: v.string(),
    fileName: v.string(),
    state: v.picklist(['waiting', 'running', 'done', 'cancelled', 'failed']),
    rowCount: v.number(),
    byteCount: v.number(),
    rowCountExpected: v.nullable(v.number()),
    words: maybeText,
  }),
})
export type ExportStatus = v.InferOutput<typeof exportSchema>['export']
export type ExportFormat = 'ndjson' | 'csv'

export async function beginExport(query: URLSearchParams, format: ExportFormat): Promise<ExportStatus> {
  const params = new URLSearchParams(query)
  params.set('format', format)
  return (await requestJson(`${root}/exports?${params}`, exportSchema, { method: 'POST', body: {} })).export
}

export async function loadExport(id: string, signal?: AbortSignal): Promise<ExportStatus> {
  return (await requestJson(`${root}/exports/${id}`, exportSchema, withSignal(signal))).export
}

export async function cancelExport(id: string): Promise<ExportStatus> {
  return (await requestJson(`${root}/exports/${id}/cancel`, exportSchema, { method: 'POST', body: {} })).export
}

/** Where the browser fetches the file from, once. */
export function exportFileUrl(id: string): string {
  return `${root}/exports/${id}/file`
}

function withSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
