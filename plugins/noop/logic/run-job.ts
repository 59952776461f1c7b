import { answerRpc, JobFailure, type LogicContext, type RpcHandler } from '#plugin-api'
import { Call, Crash, Fail, FailOnce, Hang, Negate, Note, WaitToBeCancelled } from '../shared/jobs.ts'
import { RunJob } from '../shared/rpcs.ts'

const number = 24

/** Lets a screen submit a job and hear of its end. What is left of it then is cancelled: nobody is to look after it. */
export function answerRunJob({ jobs }: LogicContext): RpcHandler {
  const submit = {
    Negate: () => jobs.submit(Negate, { number }),
    FailOnce: () => jobs.submit(FailOnce, {}),
    Fail: () => jobs.submit(Fail, {}),
    Hang: () => jobs.submit(Hang, {}),
    Crash: () => jobs.submit(Crash, {}),
    Call: () => jobs.submit(Call, {}),
    Note: () => jobs.submit(Note, { id: crypto.randomUUID(), words: 'kept by a job' }),
    WaitToBeCancelled: async () => {
      const submitted = await jobs.submit(WaitToBeCancelled, {})
      await jobs.cancel(submitted.jobId, { by: 'noop', reason: 'cancelled as asked' })
      return submitted
    },
  }
  return answerRpc(RunJob, async ({ job }, { signal }) => {
    const { jobId, result } = await submit[job]()
    try {
      return { words: `done: ${JSON.stringify(await result({ signal }))}` }
    } catch (error) {
      // Also when nobody waits any more: its end is of no use to anybody.
      await jobs.cancel(jobId, { by: 'noop', reason: 'its trial is over' })
      if (!(error instanceof JobFailure)) throw error
      return { words: `${error.outcome}: ${error.message}` }
    }
  })
}
