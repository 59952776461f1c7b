import type { JobCause, JobLog } from '../job-log.ts'
import type { JobState } from '../job-state.ts'

/** Two times: of the wall, for instants that people name, and steady, for lengths. Milliseconds. */
export type Times = { readonly wall: number; readonly steady: number }

/** A job that is not over, as the keeper has it: without what is large. */
export type KeptJob = {
  readonly jobId: string
  readonly state: JobState
  readonly revision: number
  readonly submittedAt: number
  /** When it came to stand where it does, or its lease was renewed, by that writer's clock. */
  readonly changedAt: number
  /** When the keeper learned of that, in steady time. */
  readonly learnedAt: number
  /** Of a wait between tries: what was left of it then. */
  readonly waitMs: number
  readonly cause: JobCause
}

/** What is known of a job from its stream, or from its row. */
export type KnownJob = Pick<JobLog, 'jobId' | 'state' | 'revision' | 'submittedAt' | 'changedAt' | 'cause'>

const nothing = {}

/** What a keeper remembers of it. */
export function toKept({ jobId, state, revision, submittedAt, changedAt, cause }: KnownJob, at: Times): KeptJob {
  const light: JobState = { ...state, input: nothing, key: null, lastError: null }
  return {
    jobId,
    state: light,
    revision,
    submittedAt,
    changedAt,
    learnedAt: at.steady - toldBeforeMs(state, changedAt, at),
    waitMs: waitOf(state, changedAt, at),
    cause,
  }
}

/** The same of what has happened just now: all of its wait is still ahead, whatever its writer's clock says. */
export function toKeptNews(known: KnownJob, at: Times): KeptJob {
  const { state, changedAt } = known
  return { ...toKept(known, at), waitMs: wholeWaitOf(state, changedAt) }
}

/**
 * How long ago workers were told of one that is ready: told by a keeper before this one, it need not wait its whole time anew,
 * or one that nobody heard of would wait for ever where keepers follow each other quickly. A wrong clock costs a repeated
 * wake-up.
 */
function toldBeforeMs({ stage }: JobState, changedAt: number, at: Times): number {
  return stage.at === 'ready' ? Math.max(0, Math.min(at.wall - changedAt, wakeAgainMs - settleMs)) : 0
}

/** Workers have this long to hear of a job before they are told again; twice as long each time, until more of them come. */
export const wakeAgainMs = 60_000
/** A keeper that has just begun leaves so much time for what is on its way. */
export const settleMs = 5_000

/** A jump of the clock neither ends nor stretches a wait between tries. */
function waitOf(state: JobState, changedAt: number, at: Times): number {
  const wholeMs = wholeWaitOf(state, changedAt)
  return Math.max(0, Math.min(changedAt + wholeMs - at.wall, wholeMs))
}

function wholeWaitOf({ stage, tryCount }: JobState, changedAt: number): number {
  if (stage.at !== 'waiting' || stage.notBefore === null || tryCount === 0) return 0
  return Math.max(0, stage.notBefore - changedAt)
}

/** How long its lease was when the worker wrote it: both instants are of one clock. */
export function leaseMsOf({ state: { stage }, changedAt }: KeptJob): number {
  return stage.at === 'leased' ? Math.max(0, stage.until - changedAt) : 0
}

const rankOf = { high: 0, normal: 1, low: 2 } as const

/** One that has waited so much longer goes before one of the next higher priority, or the low ones would never begin. */
export const agingMs = 600_000

/** The least goes first. */
export function turnOf({ state, submittedAt }: Pick<KeptJob, 'state' | 'submittedAt'>): number {
  const { stage, priority } = state
  const since = stage.at === 'waiting' ? Math.max(submittedAt, stage.notBefore ?? 0) : submittedAt
  return since + rankOf[priority] * agingMs
}
