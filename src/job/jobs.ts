import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import type { JobDefinition, JobPriority } from './define-job.ts'

/** Submitting work, on logic. What is submitted is recorded when the promise resolves. */
export interface Jobs {
  /**
   * Rejects with `bad-input`, `too-large`, `not-found` (no such job is loaded), `forbidden` (it is another plugin's) or
   * `unavailable`.
   */
  submit<I extends Fields, O extends Fields>(
    job: JobDefinition<I, O>,
    input: FieldValues<I>,
    options?: SubmitOptions,
  ): Promise<SubmittedJob<FieldValues<O>>>
  /** Asks for its end; a job that has an outcome keeps it. */
  cancel(jobId: string, why: { readonly by: string; readonly reason: string }): Promise<void>
}

export type SubmitOptions = {
  /** Instead of the definition's. */
  readonly key?: string
  readonly priority?: JobPriority
  /** Not begun before, milliseconds since 1970. */
  readonly notBefore?: number
  /** For whom, in the audit. */
  readonly by?: string
}

export type SubmittedJob<O> = {
  readonly jobId: string
  /** False: one with the same key was there already. */
  readonly isNew: boolean
  /**
   * The output, whenever it comes and whoever leads then. Rejects with `JobFailure`, `timeout`, or `unavailable` when the
   * part stops: who submits again with the same key, wherever, is told the same outcome.
   */
  result(options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<O>
}

/** A job that ended without an output. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure'
  readonly jobId: string
  readonly outcome: 'parked' | 'cancelled'
  constructor(jobId: string, outcome: 'parked' | 'cancelled', words: string) {
    super(words)
    this.jobId = jobId
    this.outcome = outcome
  }
}
