import { boolean, instant, integer, nullable, number, oneOf, text } from './fields.ts'
import { defineTuple } from './tuple.ts'

/** What the admin app shows of jobs, live. For administrators only. */

/** A queue: all jobs of one definition. */
export const JobQueueStatus = defineTuple('peek.JobQueueStatus', {
  /** `<plugin>.<Job>`. */
  id: text(),
  plugin: text(),
  /** False: no plugin that is enabled has a definition of it. */
  isKnown: boolean(),
  isPaused: boolean(),
  pausedBy: nullable(text()),
  pausedReason: nullable(text()),
  waitingCount: number(),
  /** Whose time is still ahead. */
  scheduledCount: number(),
  readyCount: number(),
  runningCount: number(),
  parkedCount: number(),
  /** Since when the oldest waits that might run. */
  oldestAt: nullable(instant()),
  /** Ever. */
  submittedCount: number(),
  succeededCount: number(),
  failedTryCount: number(),
  tookMsMean: nullable(number()),
  succeededPerMinute: number(),
  failedPerMinute: number(),
  concurrencyMax: nullable(integer()),
  schedule: nullable(text()),
  nextAt: nullable(instant()),
  /** What is wrong with its schedule. */
  trouble: nullable(text()),
})

/** A job that a worker has, or may take. So many at most are shown. */
export const RunningJob = defineTuple('peek.RunningJob', {
  id: text(),
  job: text(),
  priority: oneOf(['high', 'normal', 'low']),
  isLeased: boolean(),
  isCancelling: boolean(),
  tryNumber: integer(),
  workerName: nullable(text()),
  submittedAt: instant(),
  startedAt: nullable(instant()),
  /** From 0 to 1. */
  share: nullable(number()),
  words: nullable(text()),
})
