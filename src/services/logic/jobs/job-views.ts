import type { JobTryView, JobView } from '#job/job-control.ts'
import { tryParseJson } from '#kernel/json.ts'
import { toInstant, toPriority } from './job-rows.ts'

/** What people are shown of a job, without what is large. */
export const viewColumns = `job_id, job, plugin, stage, priority, key, by_user, try_count, begun_count, worker_name, not_before,
  submitted_at, started_at, ended_at, share, words, error, schedule, cancel_by, cancel_reason, turn`

type Row = Readonly<Record<string, unknown>>

export function toJobView(row: Row): JobView {
  return {
    jobId: String(row.job_id),
    job: String(row.job),
    plugin: String(row.plugin),
    stage: String(row.stage),
    priority: toPriority(row.priority),
    key: toText(row.key),
    by: String(row.by_user),
    tryCount: Number(row.try_count),
    begunCount: Number(row.begun_count),
    workerName: toText(row.worker_name),
    notBefore: toInstant(row.not_before),
    submittedAt: Number(row.submitted_at),
    startedAt: toInstant(row.started_at),
    endedAt: toInstant(row.ended_at),
    share: toInstant(row.share),
    words: toText(row.words),
    error: toText(row.error),
    schedule: toInstant(row.schedule),
    cancelBy: toText(row.cancel_by),
    cancelReason: toText(row.cancel_reason),
  }
}

export const tryColumns =
  'lease, try_number, worker_name, started_at, ended_at, outcome, error, lines, dropped_line_count'

export function toTryView(row: Row): JobTryView {
  return {
    lease: String(row.lease),
    tryNumber: Number(row.try_number),
    workerName: String(row.worker_name),
    startedAt: Number(row.started_at),
    endedAt: toInstant(row.ended_at),
    outcome: toText(row.outcome),
    error: toText(row.error),
    // Written by the projection alone.
    lines: (tryParseJson(String(row.lines)) ?? []) as JobTryView['lines'],
    droppedLineCount: Number(row.dropped_line_count),
  }
}

function toText(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value)
}
