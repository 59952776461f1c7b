import {
  type ChangesOf,
  defineEvent,
  defineProjection,
  jobEventSchemas,
  jobQueueEventSchemas,
  type ProjectedEvent,
} from '#plugin-api'
import { jobsModel } from './jobs-model.ts'
import { cleanText, keepNewest, type LogLine } from './kept-lines.ts'
import { turnOf } from './turn-of.ts'

type Tables = ChangesOf<typeof jobsModel.tables>
type JobRow = typeof jobsModel.tables.jobs.$inferSelect
type TryRow = typeof jobsModel.tables.tries.$inferSelect
type QueueRow = typeof jobsModel.tables.queues.$inferSelect

const job = jobEventSchemas
const queue = jobQueueEventSchemas
const Submitted = defineEvent('peek.JobSubmitted', { version: 1, fields: job['peek.JobSubmitted'].entries })
const Ready = defineEvent('peek.JobReady', { version: 1, fields: job['peek.JobReady'].entries })
const Leased = defineEvent('peek.JobLeased', { version: 1, fields: job['peek.JobLeased'].entries })
const Progressed = defineEvent('peek.JobProgressed', { version: 1, fields: job['peek.JobProgressed'].entries })
const TryFailed = defineEvent('peek.JobTryFailed', { version: 1, fields: job['peek.JobTryFailed'].entries })
const LeaseExpired = defineEvent('peek.JobLeaseExpired', { version: 1, fields: job['peek.JobLeaseExpired'].entries })
const Succeeded = defineEvent('peek.JobSucceeded', { version: 1, fields: job['peek.JobSucceeded'].entries })
const Parked = defineEvent('peek.JobParked', { version: 1, fields: job['peek.JobParked'].entries })
const CancelRequested = defineEvent('peek.JobCancelRequested', {
  version: 1,
  fields: job['peek.JobCancelRequested'].entries,
})
const Cancelled = defineEvent('peek.JobCancelled', { version: 1, fields: job['peek.JobCancelled'].entries })
const BroughtForward = defineEvent('peek.JobBroughtForward', {
  version: 1,
  fields: job['peek.JobBroughtForward'].entries,
})
const Retried = defineEvent('peek.JobRetried', { version: 1, fields: job['peek.JobRetried'].entries })
const QueuePaused = defineEvent('peek.JobQueuePaused', { version: 1, fields: queue['peek.JobQueuePaused'].entries })
const QueueResumed = defineEvent('peek.JobQueueResumed', { version: 1, fields: queue['peek.JobQueueResumed'].entries })
const ScheduleBegun = defineEvent('peek.JobScheduleBegun', {
  version: 1,
  fields: queue['peek.JobScheduleBegun'].entries,
})
const Forgotten = defineEvent('peek.JobsForgotten', { version: 1, fields: queue['peek.JobsForgotten'].entries })

const lostWords = 'The worker that had it was lost: its lease ended, and nobody said anything.'
/** A row without a lease. */
const atRest = { lease: null, worker: null, workerName: null, leaseUntil: null, share: null, words: null }

export const jobsProjection = defineProjection({
  version: 1,
  model: jobsModel,
  on: (on) => [
    on(Submitted, (event, { jobs, queues }) => {
      const { data } = event
      const { jobId, job } = nameOf(event)
      jobs.upsert(jobId, (known) => (known && !isOver(known) ? known : submitted(event, data)))
      changeQueue(queues, job, (row) => ({
        submittedCount: row.submittedCount + 1,
        scheduledUpTo: data.schedule ?? row.scheduledUpTo,
      }))
    }),
    on(Ready, (event, tables) => {
      const { tryNumber } = event.data
      change(event, tables, () => ({ stage: 'ready', tryCount: tryNumber, notBefore: null, ...atRest }))
    }),
    on(Leased, (event, tables) => {
      const { tryNumber, lease, worker, workerName, until } = event.data
      const startedAt = event.recordedAt
      change(event, tables, (row) => ({
        stage: 'leased',
        begunCount: row.begunCount + 1,
        lease,
        worker,
        workerName,
        leaseUntil: until,
        startedAt,
        share: null,
        words: null,
      }))
      const { jobId } = nameOf(event)
      const begun = { tryNumber, worker: cleanText(worker), workerName: cleanText(workerName), startedAt }
      const open = { endedAt: null, outcome: null, error: null, lines: '[]', droppedLineCount: 0 }
      tables.tries.upsert([jobId, lease], () => ({ jobId, lease, ...begun, ...open }))
    }),
    on(Progressed, (event, tables) => {
      const { lease, share, words, lines, until } = event.data
      change(event, tables, (row) =>
        row.stage === 'leased'
          ? { leaseUntil: until, share: share ?? row.share, words: words === null ? row.words : cleanText(words) }
          : {},
      )
      if (lines.length > 0) changeTry(event, tables, lease, (row) => keepNewest(row, lines))
    }),
    on(TryFailed, (event, tables) => {
      const { lease, cause, error, lines, nextAt } = event.data
      const isCounted = cause !== 'worker-stopped'
      change(event, tables, (row) => ({
        ...waiting(nextAt),
        tryCount: isCounted ? row.tryCount : Math.max(0, row.tryCount - 1),
        error: isCounted ? cleanText(error) : row.error,
      }))
      endTry(event, tables, lease, cause, lines, error)
      const { job } = nameOf(event)
      if (isCounted) changeQueue(tables.queues, job, (row) => ({ failedTryCount: row.failedTryCount + 1 }))
    }),
    on(LeaseExpired, (event, tables) => {
      const { lease, nextAt } = event.data
      change(event, tables, () => ({ ...waiting(nextAt), error: lostWords }))
      endTry(event, tables, lease, 'lost', [], lostWords)
      const { job } = nameOf(event)
      changeQueue(tables.queues, job, (row) => ({ failedTryCount: row.failedTryCount + 1 }))
    }),
    on(Succeeded, (event, tables) => {
      const { lease, output, lines, tookMs } = event.data
      const endedAt = event.recordedAt
      change(event, tables, () => ({
        ...atRest,
        stage: 'succeeded',
        output: JSON.stringify(output),
        error: null,
        endedAt,
      }))
      endTry(event, tables, lease, 'succeeded', lines, null)
      changeQueue(tables.queues, nameOf(event).job, (row) => ({
        succeededCount: row.succeededCount + 1,
        tookMsSum: row.tookMsSum + tookMs,
      }))
    }),
    on(Parked, (event, tables) => {
      const error = cleanText(event.data.error)
      change(event, tables, () => ({ ...atRest, stage: 'parked', error, endedAt: event.recordedAt }))
    }),
    on(CancelRequested, (event, tables) => {
      const { by, reason } = event.data
      change(event, tables, (row) => ({
        cancelBy: cleanText(by),
        cancelReason: cleanText(reason),
        changedAt: row.changedAt,
      }))
    }),
    on(Cancelled, (event, tables) => {
      const { lease, lines } = event.data
      change(event, tables, () => ({ ...atRest, stage: 'cancelled', endedAt: event.recordedAt }))
      if (lease !== null) endTry(event, tables, lease, 'cancelled', lines, null)
    }),
    on(BroughtForward, (event, tables) => {
      change(event, tables, (row) => (row.stage === 'waiting' ? { notBefore: null } : {}))
    }),
    on(Retried, (event, tables) => {
      const anew = { tryCount: 0, error: null, endedAt: null, cancelBy: null, cancelReason: null }
      change(event, tables, () => ({ ...waiting(null), ...anew }))
    }),
    on(QueuePaused, ({ data, user, recordedAt }, { queues }) => {
      const pausedReason = cleanText(data.reason)
      changeQueue(queues, data.job, () => ({ isPaused: true, pausedBy: user, pausedAt: recordedAt, pausedReason }))
    }),
    on(QueueResumed, ({ data }, { queues }) => {
      const running = { isPaused: false, pausedBy: null, pausedAt: null, pausedReason: null }
      changeQueue(queues, data.job, () => running)
    }),
    on(ScheduleBegun, ({ data }, { queues }) => {
      changeQueue(queues, data.job, () => ({ schedule: data.schedule, scheduledUpTo: data.at }))
    }),
    on(Forgotten, ({ data }, { jobs, tries }) => {
      for (const { jobId, leases } of data.jobs) {
        jobs.deleteIfPresent(jobId)
        for (const lease of leases) tries.deleteIfPresent([jobId, lease])
      }
    }),
  ],
})

function submitted(
  event: Pick<ProjectedEvent, 'id' | 'stream' | 'revision' | 'recordedAt' | 'recorded'>,
  data: {
    readonly input: object
    readonly priority: string
    readonly key: string | null
    readonly notBefore: number | null
    readonly schedule: number | null
    readonly by: string
  },
): JobRow {
  const { jobId, job } = nameOf(event)
  const { metadata } = event.recorded
  const { priority, key, notBefore, schedule, by, input } = data
  const submittedAt = event.recordedAt
  const known = { stage: 'waiting', priority, notBefore, submittedAt }
  return {
    jobId,
    plugin: pluginOf(job),
    job,
    ...known,
    turn: turnOf(known),
    key: key === null ? null : cleanText(key),
    input: JSON.stringify(input),
    output: null,
    error: null,
    tryCount: 0,
    begunCount: 0,
    ...atRest,
    changedAt: submittedAt,
    startedAt: null,
    endedAt: null,
    schedule,
    by: cleanText(by),
    cancelBy: null,
    cancelReason: null,
    revision: event.revision,
    submittedEventId: event.id,
    correlationId: metadata.correlationId ?? event.id,
    causeDepth: (metadata.causeDepth ?? 0) + 1,
    pluginVersion: metadata.pluginVersion ?? '',
  }
}

function waiting(notBefore: number | null): Partial<JobRow> {
  return { ...atRest, stage: 'waiting', notBefore }
}

/** Of a job whose beginning the store keeps no longer there is no row. */
function change(
  event: Pick<ProjectedEvent, 'stream' | 'revision' | 'recordedAt'>,
  { jobs }: Pick<Tables, 'jobs'>,
  make: (row: JobRow) => Partial<JobRow>,
): void {
  jobs.updateIfPresent(nameOf(event).jobId, (row) => {
    const changed = { changedAt: event.recordedAt, ...make(row), revision: event.revision }
    return { ...changed, turn: turnOf({ ...row, ...changed }) }
  })
}

function changeTry(
  event: Pick<ProjectedEvent, 'stream'>,
  { tries }: Pick<Tables, 'tries'>,
  lease: string,
  make: (row: TryRow) => Partial<TryRow>,
): void {
  tries.updateIfPresent([nameOf(event).jobId, lease], make)
}

function endTry(
  event: Pick<ProjectedEvent, 'stream' | 'recordedAt'>,
  tables: Pick<Tables, 'tries'>,
  lease: string,
  outcome: string,
  lines: readonly LogLine[],
  error: string | null,
): void {
  changeTry(event, tables, lease, (row) => ({
    ...keepNewest(row, lines),
    endedAt: event.recordedAt,
    outcome,
    error: error === null ? null : cleanText(error),
  }))
}

function changeQueue(queues: Tables['queues'], job: string, make: (row: QueueRow) => Partial<QueueRow>): void {
  queues.upsert(job, (known) => {
    const row = known ?? newQueue(job)
    return { ...row, ...make(row) }
  })
}

function newQueue(job: string): QueueRow {
  const counts = { submittedCount: 0, succeededCount: 0, failedTryCount: 0, tookMsSum: 0 }
  const running = { isPaused: false, pausedBy: null, pausedAt: null, pausedReason: null }
  return { job, plugin: pluginOf(job), ...running, schedule: null, scheduledUpTo: null, ...counts }
}

function isOver({ stage }: Pick<JobRow, 'stage'>): boolean {
  return stage === 'succeeded' || stage === 'cancelled'
}

/** `jobs-<plugin>.<Job>-<uuid>`. */
function nameOf({ stream }: Pick<ProjectedEvent, 'stream'>): { readonly job: string; readonly jobId: string } {
  const jobId = stream.slice(-uuidLength)
  return { jobId, job: stream.slice('jobs-'.length, -uuidLength - 1) }
}

function pluginOf(job: string): string {
  return job.slice(0, job.indexOf('.'))
}

const uuidLength = 36
