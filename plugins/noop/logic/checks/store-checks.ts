import { AddCount } from '../../shared/actions.ts'
import { Note } from '../../shared/jobs.ts'
import { withCounter } from './action-checks.ts'
import { type Check, eventuallyEqual, expectEqual } from './check.ts'
import { endOf } from './job-checks.ts'

export const reactorCheck: Check = {
  name: 'reactor.once',
  deadlineMs: 15_000,
  run: (platform) =>
    withCounter(platform, async (counterId) => {
      for (const by of [99, 100, 1]) await platform.push(AddCount, { counterId, by })
      const look = () => platform.counter(counterId)
      await eventuallyEqual(
        'the counter with its reactions',
        { value: 200, reactions: 1 },
        { look, signal: platform.signal },
      )
      // A reaction to one of the small ones would have come before that to another large one.
      await platform.push(AddCount, { counterId, by: 150 })
      await eventuallyEqual(
        'the counter with its reactions',
        { value: 350, reactions: 2 },
        { look, signal: platform.signal },
      )
    }),
}

export const jobInSchemaCheck: Check = {
  name: 'migration.job',
  deadlineMs: 30_000,
  run: async ({ jobs, jobKey: key, newId, signal }) => {
    const id = newId()
    const job = await jobs.submit(Note, { id, words: `note ${id}` }, { key })
    expectEqual('the note of a job', { schema: 'pl_noop', words: `note ${id}` }, await endOf('the job', job, signal))
  },
}

export const migrationCheck: Check = {
  name: 'migration.schema',
  deadlineMs: 10_000,
  run: async ({ keepNote, newId }) => {
    const id = newId()
    expectEqual('the note', { schema: 'pl_noop', words: `note ${id}` }, await keepNote(id, `note ${id}`))
  },
}
