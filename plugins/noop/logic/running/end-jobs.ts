import type { Jobs } from '#plugin-api'
import type { CheckName } from '../../shared/check-list.ts'
import { Call, Crash, Fail, FailOnce, Hang, Negate, Note, WaitToBeCancelled } from '../../shared/jobs.ts'

/** Checks submit jobs under a key that follows from the run: whoever leads then finds them again, and ends them. */
export function jobKeyOf(runId: string, check: string): string {
  return `${runId} ${check}`
}

type Submit = (jobs: Jobs, key: string) => Promise<{ readonly jobId: string }>

const submits: { readonly [N in CheckName as N extends `job.${string}` | 'migration.job' ? N : never]: Submit } = {
  'job.done': (jobs, key) => jobs.submit(Negate, { number: 0 }, { key }),
  'job.tried-again': (jobs, key) => jobs.submit(FailOnce, {}, { key }),
  'job.failing': (jobs, key) => jobs.submit(Fail, {}, { key }),
  'job.hanging': (jobs, key) => jobs.submit(Hang, {}, { key }),
  'job.crashing': (jobs, key) => jobs.submit(Crash, {}, { key }),
  'job.calling': (jobs, key) => jobs.submit(Call, {}, { key }),
  'migration.job': (jobs, key) => jobs.submit(Note, { id: crypto.randomUUID(), words: '' }, { key }),
  'job.cancelled': (jobs, key) => jobs.submit(WaitToBeCancelled, {}, { key }),
}

/**
 * Ends what is left of the jobs of these checks, parked ones too: a check that was broken off could not. One that was never
 * submitted is, and ends with that. Rejects when that could not be recorded: to be tried again.
 */
export async function endJobs(jobs: Jobs, runId: string, checks: readonly string[]): Promise<void> {
  const why = { by: 'noop', reason: 'its check was broken off' }
  for (const [check, submit] of Object.entries(submits)) {
    if (!checks.includes(check)) continue
    const { jobId } = await submit(jobs, jobKeyOf(runId, check))
    await jobs.cancel(jobId, why)
  }
}
