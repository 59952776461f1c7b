import { unreachable } from '#kernel/assert.ts'
import type { JobPriority } from './define-job.ts'
import type { JobEvent } from './job-events.ts'

/** Where a job stands: the fold of its stream. Pure. */
export type JobState = {
  readonly job: string
  readonly input: { readonly [field: string]: unknown }
  readonly priority: JobPriority
  readonly key: string | null
  readonly stage: JobStage
  /** Tries that were begun since it was submitted or retried. */
  readonly tryCount: number
  readonly cancelRequested: { readonly by: string; readonly reason: string } | undefined
  /** Of the last try that failed since then. */
  readonly lastError: string | null
}

export type JobStage =
  /** Not begun before `notBefore`; null: as soon as there is a place. */
  | { readonly at: 'waiting'; readonly notBefore: number | null }
  | { readonly at: 'ready' }
  | { readonly at: 'leased'; readonly lease: string; readonly worker: string; readonly until: number }
  | { readonly at: 'succeeded'; readonly output: { readonly [field: string]: unknown } }
  | { readonly at: 'parked'; readonly error: string }
  | { readonly at: 'cancelled' }

export function evolveJob(state: JobState | undefined, event: JobEvent): JobState | undefined {
  // Behind the end of one that was forgotten a job with the same key begins anew.
  if (event.type === 'peek.JobSubmitted') return state && !isOver(state) ? state : submitted(event.data)
  // A stream whose beginning is missing is no job.
  if (state === undefined) return undefined
  const to = (stage: JobStage, rest: Partial<JobState> = {}): JobState => ({ ...state, ...rest, stage })
  switch (event.type) {
    case 'peek.JobReady':
      return to({ at: 'ready' }, { tryCount: event.data.tryNumber })
    case 'peek.JobLeased':
      return to({ at: 'leased', ...leaseOf(event.data) })
    case 'peek.JobProgressed':
      return state.stage.at === 'leased' ? to({ ...state.stage, until: event.data.until }) : state
    case 'peek.JobTryFailed': {
      // A worker that stops gives its jobs back: that was no try of theirs.
      const { cause, error, nextAt } = event.data
      const isCounted = cause !== 'worker-stopped'
      const tryCount = isCounted ? state.tryCount : Math.max(0, state.tryCount - 1)
      return to({ at: 'waiting', notBefore: nextAt }, { tryCount, lastError: isCounted ? error : state.lastError })
    }
    case 'peek.JobLeaseExpired':
      return to({ at: 'waiting', notBefore: event.data.nextAt }, { lastError: lostWords })
    case 'peek.JobBroughtForward':
      return state.stage.at === 'waiting' ? to({ at: 'waiting', notBefore: null }) : state
    case 'peek.JobSucceeded':
      return to({ at: 'succeeded', output: event.data.output })
    case 'peek.JobParked':
      return to({ at: 'parked', error: event.data.error })
    case 'peek.JobCancelRequested':
      return { ...state, cancelRequested: { by: event.data.by, reason: event.data.reason } }
    case 'peek.JobCancelled':
      return to({ at: 'cancelled' })
    case 'peek.JobRetried':
      return to({ at: 'waiting', notBefore: null }, { tryCount: 0, cancelRequested: undefined, lastError: null })
    default:
      return unreachable(event)
  }
}

/** A job with an outcome keeps it for good; a parked one waits for a person. */
export function isOver(state: JobState): boolean {
  const { at } = state.stage
  return at === 'succeeded' || at === 'cancelled'
}

/** Of a try whose worker was not heard of any more. */
export const lostWords = 'The worker that had it was lost: its lease ended, and nobody said anything.'

type Submitted = Extract<JobEvent, { type: 'peek.JobSubmitted' }>['data']

function submitted({ job, input, priority, key, notBefore }: Submitted): JobState {
  const begun = { tryCount: 0, cancelRequested: undefined, lastError: null }
  return { job, input, priority, key, stage: { at: 'waiting', notBefore }, ...begun }
}

function leaseOf({ lease, worker, until }: { lease: string; worker: string; until: number }) {
  return { lease, worker, until }
}
