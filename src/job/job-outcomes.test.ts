import { expect, test } from 'bun:test'
import type { EventStore } from '#event-store/event-store.ts'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { cancelJob } from './cancel-job.ts'
import { defineJob } from './define-job.ts'
import type { JobEvent } from './job-events.ts'
import { appendToJob, readJob } from './job-log.ts'
import { createJobOutcomes } from './job-outcomes.ts'
import { JobFailure } from './jobs.ts'
import { submitJob } from './submit-job.ts'

const writer = { user: 'anna', instance: 'l1', service: 'logic' } as const
const Wait = defineJob('test.Wait', { input: {}, output: {} })

function createRig(wrap: (store: EventStore) => EventStore = (store) => store) {
  const clock = createFakeClock(1_000)
  const store = createMemoryEventStore({ clock })
  const outcomes = createJobOutcomes({ store: wrap(store), clock, random: () => 0, log: silentLog })
  const submit = async (): Promise<string> =>
    (await submitJob({ store, definition: Wait, submission: { input: {}, by: 'anna' }, writer, now: 1 })).jobId
  const end = async (jobId: string, ...events: readonly JobEvent[]): Promise<void> => {
    const job = await readJob(store, Wait.name, jobId)
    if (job) await appendToJob(store, job, events, { ...writer, now: 2 })
  }
  return { clock, store, outcomes, submit, end }
}

const ready: JobEvent = { type: 'peek.JobReady', data: { tryNumber: 1 } }
const leased: JobEvent = {
  type: 'peek.JobLeased',
  data: { tryNumber: 1, lease: 'l', worker: 'w', workerName: 'w', until: 9 },
}
const succeeded: JobEvent = {
  type: 'peek.JobSucceeded',
  data: { lease: 'l', output: { sum: 3 }, lines: [], tookMs: 1 },
}

test('an outcome is told whether it comes before the question or after it', async () => {
  const { outcomes, submit, end } = createRig()
  const [early, late] = [await submit(), await submit()]
  await end(early, ready, leased, succeeded)
  expect(await outcomes.wait(Wait.name, early)).toEqual({ sum: 3 })
  const waiting = outcomes.wait(Wait.name, late)
  await end(late, ready, leased, succeeded)
  expect(await waiting).toEqual({ sum: 3 })
  await outcomes.close()
})

test('a job that parks or is cancelled rejects with why', async () => {
  const { clock, store, outcomes, submit, end } = createRig()
  const [parked, cancelled] = [await submit(), await submit()]
  const failures = [parked, cancelled].map((jobId) => outcomes.wait(Wait.name, jobId).catch((error: unknown) => error))
  await end(parked, { type: 'peek.JobParked', data: { error: 'no mail server' } })
  const job = { job: Wait.name, jobId: cancelled, writer }
  await cancelJob({ store, ...job, why: { by: 'anna', reason: 'not needed' }, clock })
  const [first, second] = await Promise.all(failures)
  expect(first).toBeInstanceOf(JobFailure)
  expect(first).toMatchObject({ outcome: 'parked', message: 'no mail server', jobId: parked })
  expect(second).toMatchObject({ outcome: 'cancelled', message: 'It was cancelled: not needed' })
  await outcomes.close()
})

test('who has waited long enough is told so, and so is who waits when this process stops', async () => {
  const { clock, outcomes, submit } = createRig()
  const jobId = await submit()
  const late = outcomes.wait(Wait.name, jobId, { timeoutMs: 500 }).catch((error: unknown) => error)
  clock.advance(500)
  expect(await late).toMatchObject({ kind: 'timeout' })
  const given = new AbortController()
  const aborted = outcomes.wait(Wait.name, jobId, { signal: given.signal }).catch((error: unknown) => error)
  given.abort(new Error('enough'))
  expect(await aborted).toMatchObject({ message: 'enough' })
  const closed = outcomes.wait(Wait.name, jobId).catch((error: unknown) => error)
  await outcomes.close()
  expect(await closed).toMatchObject({ kind: 'unavailable' })
})

test('an outcome from while the store was away is told when it is back', async () => {
  let isAway = true
  const asked = createDeferred<void>()
  const { clock, outcomes, submit, end } = createRig((store) => ({
    ...store,
    head: async () => {
      asked.resolve()
      if (isAway) throw new PlatformError('unavailable', 'away')
      return store.head()
    },
  }))
  const jobId = await submit()
  const waiting = outcomes.wait(Wait.name, jobId)
  await end(jobId, ready, leased, succeeded)
  await asked.promise
  isAway = false
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  clock.advance(10_000)
  expect(await waiting).toEqual({ sum: 3 })
  await outcomes.close()
})

test('a job that never was is said to be none', async () => {
  const { outcomes } = createRig()
  const unknown = outcomes.wait(Wait.name, '9e107d9d-0000-4000-8000-000000000000')
  await expect(unknown).rejects.toMatchObject({ kind: 'not-found' })
  await outcomes.close()
})

test('who asks once nobody waited any more is told, though the store still owes the answer to an earlier question', async () => {
  const heads = [createDeferred<void>(), createDeferred<void>()]
  let asked = 0
  const { clock, outcomes, submit, end } = createRig((store) => ({
    ...store,
    head: async () => {
      await heads[asked++]?.promise
      return store.head()
    },
  }))
  const jobId = await submit()
  const early = outcomes.wait(Wait.name, jobId, { timeoutMs: 100 }).catch((error: unknown) => error)
  clock.advance(100)
  expect(await early).toMatchObject({ kind: 'timeout' })
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  clock.advance(5_000)
  await end(jobId, ready, leased, succeeded)
  const waiting = outcomes.wait(Wait.name, jobId)
  for (const head of heads) head.resolve()
  expect(await waiting).toEqual({ sum: 3 })
  await outcomes.close()
})

test('a stream that could not be read at first is read again, though outcomes are heard all the time', async () => {
  let failCount = 2
  const { clock, outcomes, submit, end } = createRig((store) => ({
    ...store,
    readStream: async (...args: Parameters<EventStore['readStream']>) => {
      if (failCount-- > 0) throw new PlatformError('timeout', 'late')
      return store.readStream(...args)
    },
  }))
  const jobId = await submit()
  await end(jobId, ready, leased, succeeded)
  let isTold = false
  const waiting = outcomes.wait(Wait.name, jobId).finally(() => {
    isTold = true
  })
  for (let turn = 0; turn < 50 && !isTold; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(10_000)
  }
  expect({ isTold, failCount }).toMatchObject({ isTold: true })
  expect(await waiting).toEqual({ sum: 3 })
  await outcomes.close()
})
