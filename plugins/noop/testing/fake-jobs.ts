import { JobFailure, type Jobs } from '#plugin-api'
import { Call, Crash, Fail, FailOnce, Hang, WaitToBeCancelled } from '../shared/jobs.ts'

/** Jobs in memory that end as their definitions say. */
export function createFakeJobs(): Jobs {
  const byKey = new Map<string, { readonly jobId: string; readonly output: unknown }>()
  const cancelled = new Map<string, string>()
  const pinged = 'the part on logic runs'
  const words: { readonly [name: string]: string } = {
    [Fail.name]: 'it fails as asked',
    [Hang.name]: 'it took longer than 700 ms',
    [Crash.name]: 'its process ended with code 7',
  }
  const outputs: { readonly [name: string]: object } = {
    [FailOnce.name]: { tryNumber: 2 },
    [Call.name]: { one: pinged, all: [pinged] },
  }
  return {
    cancel: async (jobId, { reason }) => void cancelled.set(jobId, reason),
    submit: async (job, input, { key = crypto.randomUUID() } = {}) => {
      const isNew = !byKey.has(key)
      const output = outputs[job.name] ?? outputOf(input)
      const kept = byKey.get(key) ?? { jobId: crypto.randomUUID(), output }
      byKey.set(key, kept)
      const { jobId } = kept
      return {
        jobId,
        isNew,
        result: async () => {
          if (job.name === WaitToBeCancelled.name)
            throw new JobFailure(jobId, 'cancelled', `It was cancelled: ${cancelled.get(jobId)}`)
          const failure = words[job.name]
          if (failure !== undefined) throw new JobFailure(jobId, 'parked', failure)
          return JSON.parse(JSON.stringify(kept.output))
        },
      }
    },
  }
}

function outputOf(input: object): object {
  if ('number' in input) return { negated: -Number(input.number) }
  return 'words' in input ? { schema: 'pl_noop', words: input.words } : {}
}
