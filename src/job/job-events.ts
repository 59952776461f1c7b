import * as v from 'valibot'
import { withWords } from '#vortex/protocol/field-words.ts'
import { instant as instantField, nullable, oneOf } from '#vortex/protocol/fields.ts'
import { jobPriorities } from './define-job.ts'

/**
 * What happens to a job, in the order it may happen. All of it stands in the job's own stream, each append with the
 * revision its writer has seen: of two who act at once, one is told to look again. The truth about a job is its stream and
 * nothing else; `JobReady` is also what wakes the workers, by a persistent subscription.
 *
 *   Submitted -> (Ready -> Leased -> Progressed* -> Succeeded | TryFailed | LeaseExpired)* -> Succeeded | Parked | Cancelled
 *   and at any time before its end: CancelRequested; while it waits: BroughtForward. A parked one may be Retried.
 *
 * Instants are milliseconds since 1970.
 */
const instant = instantField()
const count = withWords(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 'whole number from 0')
const share = withWords(v.number(), 'number')
const text = withWords(v.string(), 'text of any length')
const words = withWords(v.pipe(v.string(), v.maxLength(10_000)), 'text of up to 10000 characters')
const lines = withWords(v.array(v.object({ at: instant, level: text, words })), 'list of { at, level, words }')
const values = withWords(v.record(v.string(), v.unknown()), 'object')

export const jobEventSchemas = {
  /** By logic. `key` is the one it is known by to others, when it has one; `schedule` the instant it was due. */
  'peek.JobSubmitted': v.object({
    job: text,
    input: values,
    priority: oneOf(jobPriorities),
    key: nullable(text),
    notBefore: nullable(instant),
    schedule: nullable(instant),
    by: text,
  }),
  /** By the keeper on the leading logic: a worker may take it now. `tryNumber` from 1. */
  'peek.JobReady': v.object({ tryNumber: count }),
  /** By a worker that takes it, or that still has it: nobody else does before `until`. */
  'peek.JobLeased': v.object({
    tryNumber: count,
    lease: text,
    worker: text,
    workerName: text,
    until: instant,
  }),
  /** By the worker, now and then: how far it is and what it wrote to its log. Also a longer lease. */
  'peek.JobProgressed': v.object({
    lease: text,
    share: nullable(share),
    words: nullable(words),
    lines,
    until: instant,
  }),
  /**
   * By the worker: this try is over without an outcome. `cause`: it threw, took too long, its process died, what it was
   * given or what it gave is not what its definition says, its worker stops or had no place for it after all (which is not
   * counted as a try).
   * Where there is no next try, `JobParked` stands right behind it, of the same append.
   */
  'peek.JobTryFailed': v.object({
    lease: text,
    cause: oneOf(['threw', 'timeout', 'crashed', 'bad-input', 'bad-output', 'worker-stopped']),
    error: words,
    lines,
    /** When the next one may begin; null: at once, or there is no next one. */
    nextAt: nullable(instant),
  }),
  /** By the keeper: the lease ended, and nobody said anything. */
  'peek.JobLeaseExpired': v.object({ lease: text, nextAt: nullable(instant) }),
  /** The outcomes. A job has one. */
  'peek.JobSucceeded': v.object({ lease: text, output: values, lines, tookMs: count }),
  /** So many tries failed, or nobody can run it: it waits for a person. */
  'peek.JobParked': v.object({ error: words }),
  'peek.JobCancelRequested': v.object({ by: text, reason: words }),
  'peek.JobCancelled': v.object({ lease: nullable(text), lines }),
  /** By a person: it waits for its turn only, not for its time. */
  'peek.JobBroughtForward': v.object({ by: text, reason: words }),
  /** By a person: a parked one is tried again, from the first try. */
  'peek.JobRetried': v.object({ by: text, reason: words }),
} as const

export type JobEventType = keyof typeof jobEventSchemas
export type JobEvent = {
  [T in JobEventType]: { readonly type: T; readonly data: v.InferOutput<(typeof jobEventSchemas)[T]> }
}[JobEventType]

/** What is read of an event of a job's stream; undefined where it is none, or not as it should be. */
export function parseJobEvent({ type, data }: { readonly type: string; readonly data: unknown }): JobEvent | undefined {
  if (!isJobEventType(type)) return undefined
  const parsed = v.safeParse(jobEventSchemas[type], data)
  return parsed.success ? ({ type, data: parsed.output } as JobEvent) : undefined
}

function isJobEventType(type: string): type is JobEventType {
  return Object.hasOwn(jobEventSchemas, type)
}

/** What wakes the workers: the persistent subscription to the log takes events of this type only. */
export const jobReadyType = 'peek.JobReady'
export const jobWorkersGroup = 'peek-workers'
