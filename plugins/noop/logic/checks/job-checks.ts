import { JobFailure, type SubmittedJob } from '#plugin-api'
import { Call, Crash, Fail, FailOnce, Hang, Negate, WaitToBeCancelled } from '../../shared/jobs.ts'
import { type Check, type CheckedPlatform, expectEqual, Mismatch } from './check.ts'

const deadlineMs = 30_000
const number = 24
const why = { by: 'noop', reason: 'cancelled as asked' }

/** A job gives its output, or ends as parked or cancelled with the reason. */
export const jobChecks: readonly Check[] = [
  {
    name: 'job.done',
    deadlineMs,
    run: async ({ jobs, jobKey: key, signal }) => {
      const first = await jobs.submit(Negate, { number }, { key })
      const second = await jobs.submit(Negate, { number: number + 1 }, { key })
      expectEqual('the output', { negated: -number }, await endOf('the job', first, signal))
      expectEqual('whether the first one is new', true, first.isNew)
      expectEqual(
        'the second one with the same key',
        { isNew: false, jobId: first.jobId, output: { negated: -number } },
        { isNew: second.isNew, jobId: second.jobId, output: await endOf('the second one', second, signal) },
      )
    },
  },
  {
    name: 'job.tried-again',
    deadlineMs,
    run: async ({ jobs, jobKey: key, signal }) => {
      const job = await jobs.submit(FailOnce, {}, { key })
      expectEqual('the output', { tryNumber: 2 }, await endOf('a job that fails once', job, signal))
    },
  },
  {
    name: 'job.failing',
    deadlineMs,
    run: async (platform) => {
      const job = await platform.jobs.submit(Fail, {}, { key: platform.jobKey })
      await expectEnd('a job that fails', platform, { job, outcome: 'parked', words: /it fails as asked/ })
    },
  },
  {
    name: 'job.hanging',
    deadlineMs,
    run: async (platform) => {
      const job = await platform.jobs.submit(Hang, {}, { key: platform.jobKey })
      await expectEnd('a job that hangs', platform, { job, outcome: 'parked', words: /longer than 700 ms/ })
    },
  },
  {
    name: 'job.crashing',
    deadlineMs,
    run: async (platform) => {
      const job = await platform.jobs.submit(Crash, {}, { key: platform.jobKey })
      await expectEnd('a job that ends its process', platform, { job, outcome: 'parked', words: /with code 7/ })
    },
  },
  {
    name: 'job.cancelled',
    deadlineMs,
    run: async (platform) => {
      const job = await platform.jobs.submit(WaitToBeCancelled, {}, { key: platform.jobKey })
      await platform.jobs.cancel(job.jobId, why)
      await expectEnd('a job that is cancelled', platform, { job, outcome: 'cancelled', words: /cancelled as asked/ })
    },
  },
  {
    name: 'job.calling',
    deadlineMs,
    run: async ({ jobs, jobKey: key, signal }) => {
      const job = await jobs.submit(Call, {}, { key })
      const words = 'the part on logic runs'
      expectEqual('what it was answered', { one: words, all: [words] }, await endOf('a job that calls', job, signal))
    },
  },
]

/** Its output. A job that has not ended when the check is out of time is told from one that failed. */
export async function endOf<T>(what: string, job: SubmittedJob<T>, signal: AbortSignal): Promise<T> {
  try {
    return await job.result({ signal })
  } catch (error) {
    if (signal.aborted && !(error instanceof JobFailure)) throw new Mismatch(`${what} (${job.jobId}) had not ended`)
    throw error
  }
}

async function expectEnd(
  what: string,
  { jobs, signal }: CheckedPlatform,
  { job, outcome, words }: { job: SubmittedJob<unknown>; outcome: JobFailure['outcome']; words: RegExp },
): Promise<void> {
  const found = await endOf(what, job, signal).then(
    (output) => new Mismatch(`${what}: wanted "${outcome}", found the output ${JSON.stringify(output)}`),
    (error: unknown) => error,
  )
  if (!(found instanceof JobFailure)) throw found
  // Nobody is to look after what was meant to fail.
  if (found.outcome === 'parked') await jobs.cancel(job.jobId, why)
  expectEqual(`the end of ${what}`, outcome, found.outcome)
  if (!words.test(found.message)) throw new Mismatch(`the words of ${what}: wanted ${words}, found "${found.message}"`)
}
