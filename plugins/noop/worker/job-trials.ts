import { type JobHandler, runJob } from '#plugin-api'
import { keepNote } from '../parts/keep-note.ts'
import { Call, Crash, Fail, FailOnce, Hang, Negate, Note, WaitToBeCancelled } from '../shared/jobs.ts'
import { Ping } from '../shared/rpcs.ts'

const crashExitCode = 7

/** The code of the jobs: what becomes of each is for the checks to judge. */
export const jobTrials: readonly JobHandler[] = [
  runJob(Negate, ({ number }) => ({ negated: -number })),
  runJob(FailOnce, (_, { tryNumber }) => {
    if (tryNumber === 1) throw new Error('the first try does not go well')
    return { tryNumber }
  }),
  runJob(Fail, () => {
    throw new Error('it fails as asked')
  }),
  runJob(Hang, () => {
    for (;;);
  }),
  runJob(Crash, () => process.exit(crashExitCode)),
  runJob(Call, async (_, { rpc }) => {
    const { words } = await rpc.call(Ping.logic, {})
    const outcomes = await rpc.callAll(Ping.logic, {})
    return { one: words, all: outcomes.map((outcome) => (outcome.ok ? outcome.output.words : outcome.failure.kind)) }
  }),
  runJob(Note, ({ id, words }, { database }) => keepNote(database, { id, words })),
  runJob(
    WaitToBeCancelled,
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('it was cancelled')), { once: true })
      }),
  ),
]
