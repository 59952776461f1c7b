import type { EventStore } from '#event-store/event-store.ts'
import { jobStream } from '#event-store/stream-name.ts'
import type { Clock } from '#kernel/clock.ts'
import { isPlatformError } from '#kernel/platform-error.ts'
import type { JobEvent } from '../job-events.ts'
import { appendToJob, type JobLog, type JobWriter, readJob } from '../job-log.ts'
import { isOver } from '../job-state.ts'
import type { KeeperStep } from './keeper-state.ts'

/** How a step went: these events are in the job's stream from that revision on, or it is as it was found instead. */
export type CarriedOut =
  | { readonly events: readonly JobEvent[]; readonly firstRevision: number; readonly recordedAt: number }
  | { readonly found: JobLog | 'over' }

/** Appends what a step says, if the job is as the keeper knew it. Rejects with what the store says, when that is not known. */
export async function carryOut(
  step: KeeperStep,
  options: {
    readonly store: Pick<EventStore, 'append' | 'readStream'>
    readonly writer: JobWriter
    readonly clock: Clock
  },
): Promise<CarriedOut> {
  const { store, writer, clock } = options
  const { jobId, state, revision, cause } = step.job
  const stream = jobStream(state.job, jobId)
  const events = await eventsOf(step, store)
  if (events.length === 0) return { found: await readAgain(store, state.job, jobId) }
  const recordedAt = clock.now()
  try {
    const at = { jobId, stream, revision, cause, state }
    const appended = await appendToJob(store, at, events, { ...writer, now: recordedAt })
    return { events, firstRevision: appended.revision - events.length + 1, recordedAt }
  } catch (error) {
    if (!isPlatformError(error, 'revision-conflict')) throw error
    return { found: await readAgain(store, state.job, jobId) }
  }
}

export async function readAgain(
  store: Pick<EventStore, 'readStream'>,
  job: string,
  jobId: string,
): Promise<JobLog | 'over'> {
  const found = await readJob(store, job, jobId)
  if (!found || isOver(found.state)) return 'over'
  return found.state.stage.at === 'parked' && !found.state.cancelRequested ? 'over' : found
}

async function eventsOf(step: KeeperStep, store: Pick<EventStore, 'readStream'>): Promise<readonly JobEvent[]> {
  const cancelled: JobEvent = { type: 'peek.JobCancelled', data: { lease: null, lines: [] } }
  switch (step.do) {
    case 'ready':
      return [{ type: 'peek.JobReady', data: { tryNumber: step.tryNumber } }]
    case 'cancel':
      return [cancelled]
    case 'expire': {
      const { lease, nextAt, job } = step
      const expired: JobEvent = { type: 'peek.JobLeaseExpired', data: { lease, nextAt } }
      if (job.state.cancelRequested) return [expired, cancelled]
      return nextAt === null ? [expired, parked(job.state.tryCount, lostWithLast)] : [expired]
    }
    case 'park': {
      const found = await readAgain(store, step.job.state.job, step.job.jobId)
      if (found === 'over' || found.revision !== step.job.revision) return []
      return [parked(step.job.state.tryCount, found.state.lastError ?? 'nobody said why')]
    }
  }
}

const lostWithLast = 'its worker was lost, and nobody said anything'

function parked(tryCount: number, error: string): JobEvent {
  const tries = tryCount === 1 ? 'The only try failed' : `All ${tryCount} tries failed, the last one`
  return { type: 'peek.JobParked', data: { error: `${tries}: ${error}`.slice(0, errorLengthMax) } }
}

const errorLengthMax = 10_000
