import * as v from 'valibot'
import { requestJson } from '../kit/request-json.ts'

/** The admin site's requests about jobs. How queues stand and what runs comes as live rows; the rest is asked for. */

export const listStages = ['running', 'waiting', 'scheduled', 'finished', 'parked'] as const
export type ListStage = (typeof listStages)[number]

const maybeText = v.nullable(v.string())
const maybeNumber = v.nullable(v.number())
const jobEntries = {
  jobId: v.string(),
  job: v.string(),
  stage: v.string(),
  priority: v.picklist(['high', 'normal', 'low']),
  key: maybeText,
  by: v.string(),
  tryCount: v.number(),
  begunCount: v.number(),
  workerName: maybeText,
  notBefore: maybeNumber,
  submittedAt: v.number(),
  startedAt: maybeNumber,
  endedAt: maybeNumber,
  share: maybeNumber,
  words: maybeText,
  error: maybeText,
  schedule: maybeNumber,
  cancelBy: maybeText,
  cancelReason: maybeText,
}
const jobSchema = v.object(jobEntries)
export type JobRow = v.InferOutput<typeof jobSchema>

const trySchema = v.object({
  lease: v.string(),
  tryNumber: v.number(),
  workerName: v.string(),
  startedAt: v.number(),
  endedAt: maybeNumber,
  outcome: maybeText,
  error: maybeText,
  lines: v.array(v.object({ at: v.number(), level: v.string(), words: v.string() })),
  droppedLineCount: v.number(),
})
export type JobTry = v.InferOutput<typeof trySchema>

const detailsSchema = v.object({
  ...jobEntries,
  stream: v.string(),
  input: v.unknown(),
  output: v.unknown(),
  correlationId: v.string(),
  tries: v.array(trySchema),
})
export type JobDetails = v.InferOutput<typeof detailsSchema>

const pageSchema = v.object({ jobs: v.array(jobSchema), next: maybeText })
export const jobPageSize = 25

export async function loadJobs(
  { stage, queue }: { readonly stage: ListStage; readonly queue: string | undefined },
  after: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly rows: readonly JobRow[]; readonly next: string | null }> {
  const query = new URLSearchParams({
    stage,
    limit: String(jobPageSize),
    ...(queue && { job: queue }),
    ...(after && { after }),
  })
  const { jobs: rows, next } = await requestJson(`/api/jobs?${query}`, pageSchema, { signal })
  return { rows, next }
}

export async function loadJob(jobId: string, signal: AbortSignal): Promise<JobDetails> {
  const schema = v.object({ job: detailsSchema })
  return (await requestJson(`/api/jobs/${encodeURIComponent(jobId)}`, schema, { signal })).job
}

export type JobDeed = 'retry' | 'bring-forward'

export async function decideJob(jobId: string, deed: JobDeed, reason: string): Promise<void> {
  await requestJson(`/api/jobs/${encodeURIComponent(jobId)}/${deed}`, v.unknown(), { method: 'POST', body: { reason } })
}

/** False: it was over before. */
export async function cancelJob(jobId: string, reason: string): Promise<boolean> {
  const url = `/api/jobs/${encodeURIComponent(jobId)}/cancel`
  return (await requestJson(url, v.object({ isChanged: v.boolean() }), { method: 'POST', body: { reason } })).isChanged
}

const queueUrl = (queue: string): string => `/api/jobs/queues/${encodeURIComponent(queue)}`

export async function decideQueue(queue: string, deed: 'pause' | 'resume' | 'run', reason: string): Promise<void> {
  await requestJson(`${queueUrl(queue)}/${deed}`, v.unknown(), { method: 'POST', body: { reason } })
}

const bulkSchema = v.object({ doneCount: v.number(), leftCount: v.number() })
export type BulkDone = v.InferOutput<typeof bulkSchema>

export function retryAll(queue: string, reason: string): Promise<BulkDone> {
  return requestJson(`${queueUrl(queue)}/retry`, bulkSchema, { method: 'POST', body: { reason } })
}

export type BulkStage = 'waiting' | 'running' | 'parked'

export function cancelAll(queue: string, stage: BulkStage, reason: string): Promise<BulkDone> {
  return requestJson(`${queueUrl(queue)}/cancel`, bulkSchema, { method: 'POST', body: { reason, stage } })
}
