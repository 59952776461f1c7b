import * as v from 'valibot'
import { requestJson } from '../kit/request-json.ts'

/** The admin site's requests about replays. */

const root = '/api/past/replays'
const names = v.array(v.string())
const rowSchema = v.record(v.string(), v.unknown())

const replaySchema = v.object({
  id: v.string(),
  projection: v.string(),
  version: v.nullable(v.number()),
  from: v.string(),
  to: v.string(),
  stream: v.string(),
  type: v.string(),
  phase: v.picklist(['running', 'done', 'cancelled', 'failed']),
  readCount: v.number(),
  eventCount: v.number(),
  parkedCount: v.number(),
  failures: v.array(v.object({ position: v.string(), stream: v.string(), type: v.string(), words: v.string() })),
  share: v.number(),
  error: v.nullable(v.string()),
  startedAt: v.number(),
  endedAt: v.nullable(v.number()),
  tables: names,
  isComparable: v.boolean(),
})
export type Replay = v.InferOutput<typeof replaySchema>
const oneSchema = v.object({ replay: replaySchema })

export type ReplayRequest = {
  readonly projection: string
  readonly version: number | null
  readonly from: string
  readonly to: string
  readonly stream: string
  readonly type: string
}

export async function loadReplays(signal?: AbortSignal): Promise<readonly Replay[]> {
  const options = signal === undefined ? {} : { signal }
  return (await requestJson(root, v.object({ replays: v.array(replaySchema) }), options)).replays
}

export async function startReplay(request: ReplayRequest): Promise<Replay> {
  return (await requestJson(root, oneSchema, { method: 'POST', body: request })).replay
}

export async function cancelReplay(id: string): Promise<void> {
  await requestJson(`${root}/${id}/cancel`, oneSchema, { method: 'POST', body: {} })
}

export async function dropReplay(id: string): Promise<void> {
  await requestJson(`${root}/${id}/drop`, v.unknown(), { method: 'POST', body: {} })
}

const pageSchema = v.object({
  table: v.string(),
  columns: names,
  keyedBy: names,
  rowCount: v.number(),
  rows: v.array(v.object({ row: rowSchema, live: v.nullish(rowSchema), fields: names })),
})
export type ReplayPage = v.InferOutput<typeof pageSchema>

export function loadReplayRows(
  id: string,
  page: { readonly table: string; readonly offset: number; readonly limit: number; readonly live: boolean },
  signal?: AbortSignal,
): Promise<ReplayPage> {
  const { table, offset, limit, live } = page
  const query = new URLSearchParams({ table, offset: String(offset), limit: String(limit), live: live ? 'yes' : '' })
  return requestJson(`${root}/${id}/rows?${query}`, pageSchema, signal === undefined ? {} : { signal })
}

const comparisonSchema = v.object({
  tables: v.array(
    v.object({
      table: v.string(),
      equal: v.number(),
      different: v.number(),
      onlyHere: v.number(),
      onlyLive: v.number(),
    }),
  ),
})
export type LiveComparison = v.InferOutput<typeof comparisonSchema>['tables'][number]

export async function loadComparison(id: string, signal?: AbortSignal): Promise<readonly LiveComparison[]> {
  const options = signal === undefined ? {} : { signal }
  return (await requestJson(`${root}/${id}/comparison`, comparisonSchema, options)).tables
}
