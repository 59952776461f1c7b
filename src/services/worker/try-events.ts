import { type JobRetry, jobRetryDefaults } from '#job/define-job.ts'
import type { JobEvent } from '#job/job-events.ts'
import type { JobTryLine } from '#job/job-lines.ts'
import { nextTryDelayMs } from '#job/next-try-delay.ts'
import { interruptionWords, type TryOutcome } from './job-process/run-try.ts'

/**
 * What is recorded of how a try ended. Pure. None: what happened here counts for nothing, as somebody else has the job.
 * What no other try can mend, such as a wrong input, parks at once.
 */
export function toTryEvents(
  outcome: TryOutcome,
  at: {
    readonly lease: string
    readonly tryNumber: number
    /** Unknown where the code could not be loaded. */
    readonly retry: JobRetry | undefined
    readonly lines: readonly JobTryLine[]
    readonly now: number
  },
): readonly JobEvent[] {
  const { lease, tryNumber, retry = jobRetryDefaults, now } = at
  const lines = [...at.lines]
  if (outcome.at === 'succeeded') {
    const { output, tookMs } = outcome
    return [{ type: 'peek.JobSucceeded', data: { lease, output, lines, tookMs: Math.round(tookMs) } }]
  }
  if (outcome.at === 'interrupted') {
    if (outcome.why === 'lost') return []
    if (outcome.why === 'cancelled') return [{ type: 'peek.JobCancelled', data: { lease, lines } }]
    const error = interruptionWords[outcome.why]
    return [{ type: 'peek.JobTryFailed', data: { lease, cause: 'worker-stopped', error, lines, nextAt: null } }]
  }
  const { cause } = outcome
  const error = outcome.error.slice(0, errorLengthMax)
  const hasNext = cause !== 'bad-input' && tryNumber < retry.triesMax
  const nextAt = hasNext ? now + nextTryDelayMs(retry, tryNumber) : null
  const failed: JobEvent = { type: 'peek.JobTryFailed', data: { lease, cause, error, lines, nextAt } }
  return hasNext ? [failed] : [failed, { type: 'peek.JobParked', data: { error } }]
}

const errorLengthMax = 10_000
