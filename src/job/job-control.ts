import type { JobPriority } from './define-job.ts'

/**
 * What an administrator sees of jobs, and may do to them. Each decision stands in the streams of its jobs, with who and why.
 *
 * Errors: `not-found`, `bad-input` for what the job is not in a state for, `unavailable` while the list is being made.
 */
export interface JobControl {
  queues(): Promise<readonly JobQueueView[]>
  list(asked: JobPageAsked): Promise<JobPage>
  /** With its tries, the last first, and what they wrote to their logs. */
  find(jobId: string): Promise<JobDetails>
  /** All that happened to it and all it wrote, from its stream, as text; piece by piece, since it may be long. */
  tell(jobId: string): Promise<AsyncIterable<string>>
  /** A parked one begins again, from its first try. */
  retry(jobId: string, why: WhyDecided): Promise<void>
  /** One that has an outcome keeps it: then this is false. */
  cancel(jobId: string, why: WhyDecided): Promise<boolean>
  /** One that waits for its time waits for its turn only. */
  bringForward(jobId: string, why: WhyDecided): Promise<void>
  /** One more of a queue with a schedule, at once. Answers its id. */
  runScheduled(job: string, why: WhyDecided): Promise<string>
  /** The oldest parked ones of a queue. */
  retryAll(job: string, why: WhyDecided, countMax: number): Promise<BulkDone>
  /** The first ones of a queue in this stage. */
  cancelAll(job: string, stage: CancellableStage, why: WhyDecided, countMax: number): Promise<BulkDone>
}

export type WhyDecided = { readonly by: string; readonly reason: string }
export type CancellableStage = 'waiting' | 'running' | 'parked'
/** `leftCount`: what a further question would find. */
export type BulkDone = { readonly doneCount: number; readonly leftCount: number }

export type JobQueueView = {
  readonly job: string
  readonly plugin: string
  /** False: no plugin here has a definition of it, so that it stands still. */
  readonly isKnown: boolean
  readonly isPaused: boolean
  readonly pausedBy: string | null
  readonly pausedReason: string | null
  /** Whose turn may come, and whose time is still ahead. */
  readonly waitingCount: number
  readonly scheduledCount: number
  readonly readyCount: number
  readonly runningCount: number
  readonly parkedCount: number
  /** Since when the oldest waits that might run. */
  readonly oldestAt: number | null
  /** Ever. */
  readonly submittedCount: number
  readonly succeededCount: number
  readonly failedTryCount: number
  readonly tookMsMean: number | null
  readonly succeededPerMinute: number
  readonly failedPerMinute: number
  readonly concurrencyMax: number | null
  readonly schedule: string | null
  readonly nextAt: number | null
  /** What is wrong with its schedule. */
  readonly trouble: string | null
}

export const jobListStages = ['waiting', 'scheduled', 'running', 'finished', 'parked'] as const
export type JobListStage = (typeof jobListStages)[number]

export type JobPageAsked = {
  readonly stage: JobListStage
  readonly job?: string | undefined
  /** What an earlier page gave as `next`. */
  readonly after?: string | undefined
  readonly countMax: number
}
export type JobPage = { readonly jobs: readonly JobView[]; readonly next: string | null }

export type JobView = {
  readonly jobId: string
  readonly job: string
  readonly plugin: string
  readonly stage: string
  readonly priority: JobPriority
  readonly key: string | null
  readonly by: string
  readonly tryCount: number
  readonly begunCount: number
  readonly workerName: string | null
  readonly notBefore: number | null
  readonly submittedAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly share: number | null
  readonly words: string | null
  readonly error: string | null
  /** The instant it was due by a schedule. */
  readonly schedule: number | null
  readonly cancelBy: string | null
  readonly cancelReason: string | null
}

export type JobDetails = JobView & {
  readonly stream: string
  readonly input: unknown
  readonly output: unknown
  readonly correlationId: string
  readonly tries: readonly JobTryView[]
}

export type JobTryView = {
  readonly lease: string
  readonly tryNumber: number
  readonly workerName: string
  readonly startedAt: number
  readonly endedAt: number | null
  readonly outcome: string | null
  readonly error: string | null
  readonly lines: readonly { readonly at: number; readonly level: string; readonly words: string }[]
  readonly droppedLineCount: number
}
