import { bigint, boolean, doublePrecision, index, integer, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { defineReadModel } from '#plugin-api'

const instant = (name: string) => bigint(name, { mode: 'number' })

/**
 * Every job that is not forgotten, each of its tries with the last lines of its log, and what is known of queues. The truth
 * about a job is its stream; this is for finding jobs, and where their keeper begins.
 */
export const jobsModel = defineReadModel('peek', 'jobs', (schema) => ({
  jobs: schema.table(
    'jobs',
    {
      jobId: uuid('job_id').primaryKey(),
      plugin: text('plugin').notNull(),
      job: text('job').notNull(),
      /** `waiting`, `ready`, `leased`, `succeeded`, `parked` or `cancelled`. */
      stage: text('stage').notNull(),
      priority: text('priority').notNull(),
      /** When its turn comes, as the keeper orders them. */
      turn: instant('turn').notNull(),
      key: text('key'),
      /** JSON. */
      input: text('input').notNull(),
      output: text('output'),
      /** Of the last try that failed, or why it is parked. */
      error: text('error'),
      /** Since it was submitted or retried, and all of them. */
      tryCount: integer('try_count').notNull(),
      begunCount: integer('begun_count').notNull(),
      lease: text('lease'),
      worker: text('worker'),
      workerName: text('worker_name'),
      leaseUntil: instant('lease_until'),
      notBefore: instant('not_before'),
      submittedAt: instant('submitted_at').notNull(),
      /** When it came to stand where it does, or its lease was renewed, by that writer's clock. */
      changedAt: instant('changed_at').notNull(),
      startedAt: instant('started_at'),
      endedAt: instant('ended_at'),
      share: doublePrecision('share'),
      words: text('words'),
      /** The instant it was due by a schedule. */
      schedule: instant('schedule'),
      by: text('by_user').notNull(),
      cancelBy: text('cancel_by'),
      cancelReason: text('cancel_reason'),
      revision: bigint('revision', { mode: 'number' }).notNull(),
      submittedEventId: uuid('submitted_event_id').notNull(),
      correlationId: text('correlation_id').notNull(),
      causeDepth: integer('cause_depth').notNull(),
      pluginVersion: text('plugin_version').notNull(),
    },
    (table) => [
      index('jobs_by_turn').on(table.stage, table.job, table.priority, table.turn),
      index('jobs_by_end').on(table.endedAt),
      index('jobs_by_job_and_end').on(table.job, table.endedAt),
    ],
  ),
  tries: schema.table(
    'tries',
    {
      jobId: uuid('job_id').notNull(),
      lease: text('lease').notNull(),
      tryNumber: integer('try_number').notNull(),
      worker: text('worker').notNull(),
      workerName: text('worker_name').notNull(),
      startedAt: instant('started_at').notNull(),
      endedAt: instant('ended_at'),
      /** `succeeded`, `cancelled`, `lost`, or why it failed; null while it runs. */
      outcome: text('outcome'),
      error: text('error'),
      /** The newest ones, JSON; the whole log is in the job's stream. */
      lines: text('lines').notNull(),
      droppedLineCount: integer('dropped_line_count').notNull(),
    },
    (table) => [primaryKey({ columns: [table.jobId, table.lease] })],
  ),
  queues: schema.table('queues', {
    job: text('job').primaryKey(),
    plugin: text('plugin').notNull(),
    isPaused: boolean('is_paused').notNull(),
    pausedBy: text('paused_by'),
    pausedAt: instant('paused_at'),
    pausedReason: text('paused_reason'),
    /** The schedule it was last seen with, and up to which instant that was looked after. */
    schedule: text('schedule'),
    scheduledUpTo: instant('scheduled_up_to'),
    /** Ever, also of jobs that are forgotten. */
    submittedCount: bigint('submitted_count', { mode: 'number' }).notNull(),
    succeededCount: bigint('succeeded_count', { mode: 'number' }).notNull(),
    failedTryCount: bigint('failed_try_count', { mode: 'number' }).notNull(),
    tookMsSum: bigint('took_ms_sum', { mode: 'number' }).notNull(),
  }),
}))
