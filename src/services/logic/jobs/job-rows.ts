import type { JobPriority } from '#job/define-job.ts'
import type { JobCause } from '#job/job-log.ts'
import type { JobStage, JobState } from '#job/job-state.ts'
import type { JobProgress } from '#job/keeper/job-index.ts'
import type { KnownJob } from '#job/keeper/kept-job.ts'

/** What the keeper reads of a job's row, without what is large. */
export const knownJobColumns = `job_id, job, stage, priority, turn, try_count, lease, worker, worker_name, lease_until, not_before,
  submitted_at, changed_at, started_at, share, words, cancel_by, cancel_reason, revision, submitted_event_id,
  correlation_id, cause_depth, plugin_version`

type Row = Readonly<Record<string, unknown>>

export function toKnownJob(row: Row): KnownJob {
  const state: JobState = {
    job: String(row.job),
    input: {},
    priority: toPriority(row.priority),
    key: null,
    stage: toStage(row),
    tryCount: Number(row.try_count),
    cancelRequested:
      row.cancel_by === null ? undefined : { by: String(row.cancel_by), reason: String(row.cancel_reason ?? '') },
    lastError: null,
  }
  const cause: JobCause = {
    correlationId: String(row.correlation_id),
    causationId: String(row.submitted_event_id),
    causeDepth: Number(row.cause_depth),
    pluginVersion: String(row.plugin_version),
  }
  return {
    jobId: String(row.job_id),
    state,
    revision: Number(row.revision),
    submittedAt: Number(row.submitted_at),
    changedAt: Number(row.changed_at),
    cause,
  }
}

export function toProgress(row: Row): JobProgress | undefined {
  if (row.stage !== 'leased') return undefined
  return {
    workerName: String(row.worker_name ?? ''),
    startedAt: Number(row.started_at),
    share: row.share === null ? null : Number(row.share),
    words: row.words === null ? null : String(row.words),
  }
}

function toStage(row: Row): JobStage {
  switch (row.stage) {
    case 'ready':
      return { at: 'ready' }
    case 'leased':
      return { at: 'leased', lease: String(row.lease), worker: String(row.worker), until: Number(row.lease_until) }
    case 'succeeded':
      return { at: 'succeeded', output: {} }
    case 'parked':
      return { at: 'parked', error: '' }
    case 'cancelled':
      return { at: 'cancelled' }
    default:
      return { at: 'waiting', notBefore: toInstant(row.not_before) }
  }
}

export function toPriority(value: unknown): JobPriority {
  return value === 'high' || value === 'low' ? value : 'normal'
}

export function toInstant(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}
