import { expect, test } from 'bun:test'
import { jobStream } from '#event-store/stream-name.ts'
import { createFakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { defineJob } from '../define-job.ts'
import type { JobEvent } from '../job-events.ts'
import { appendToJob, readJob } from '../job-log.ts'
import { submitJob } from '../submit-job.ts'
import { createMemoryJobIndex } from '../testing/memory-job-index.ts'
import { finishedKeptSeconds, scheduledKeptSeconds, startForgetting } from './forget-jobs.ts'

const writer = { user: 'peek', instance: 'l1', service: 'logic' } as const
const Plain = defineJob('test.Plain', { input: {}, output: {} })

/** `behind`: events that the list has not heard of yet. */
function createRig(behind = 0) {
  const clock = createFakeClock(1_000_000_000_000)
  const store = createMemoryEventStore({ clock })
  const index = createMemoryJobIndex(
    () => store.log,
    () => Math.min(behind, store.log.filter(({ type }) => type === 'peek.JobsForgotten').length),
  )
  const submit = (key: string) =>
    submitJob({ store, definition: Plain, submission: { input: {}, by: 'anna', key }, writer, now: clock.now() })
  const add = async (key: string, ...events: readonly JobEvent[]): Promise<string> => {
    const { jobId } = await submit(key)
    const job = await readJob(store, Plain.name, jobId)
    if (job) await appendToJob(store, job, events, { ...writer, now: clock.now() })
    return jobId
  }
  return {
    clock,
    store,
    submit,
    add,
    start: (through: Parameters<typeof startForgetting>[0]['store'] = store) =>
      startForgetting({ store: through, index, clock, log: silentLog, writer }),
    isThere: async (jobId: string) => (await store.readStream(jobStream(Plain.name, jobId))).length > 0,
    forgotten: () =>
      store.log
        .filter(({ type }) => type === 'peek.JobsForgotten')
        .flatMap(({ data }) => (Array.isArray(data.jobs) ? data.jobs : []))
        .map((job) => (job as { jobId: string }).jobId),
  }
}
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}
const cancelled: JobEvent = { type: 'peek.JobCancelled', data: { lease: null, lines: [] } }
const parked: JobEvent = { type: 'peek.JobParked', data: { error: 'no' } }

test('jobs that were over long ago are forgotten, those of a schedule sooner, and parked ones never', async () => {
  const { clock, add, start, isThere, forgotten } = createRig()
  const [plain, scheduled, waits] = [
    await add('a', cancelled),
    await add('schedule 5', cancelled),
    await add('c', parked),
  ]
  const forgetting = start()
  clock.advance(scheduledKeptSeconds * 1_000)
  await turns()
  clock.advance(60_000)
  await turns()
  expect(forgotten()).toEqual([scheduled])
  expect([await isThere(scheduled), await isThere(plain), await isThere(waits)]).toEqual([false, true, true])
  clock.advance((finishedKeptSeconds - scheduledKeptSeconds) * 1_000)
  await turns()
  clock.advance(60_000)
  await turns()
  expect(forgotten()).toEqual([scheduled, plain])
  expect([await isThere(plain), await isThere(waits)]).toEqual([false, true])
  await forgetting.stop()
})

test('what a keeper was killed at is forgotten by the next one, but not what began anew meanwhile', async () => {
  const rig = createRig()
  const { clock, store, add, submit } = rig
  const [left, anew] = [await add('left', cancelled), await add('anew', cancelled)]
  clock.advance(finishedKeptSeconds * 1_000 + 1)
  const jobs = [left, anew].map((jobId) => ({ job: Plain.name, jobId, leases: [] }))
  const id = crypto.randomUUID()
  await store.append('peek.ForgottenJobs', [{ id, type: 'peek.JobsForgotten', data: { jobs }, metadata: {} }], 'any')
  await store.keep(jobStream(Plain.name, anew), { maxAgeSeconds: 1 })
  expect((await submit('anew')).isNew).toBe(true)
  await store.keep(jobStream(Plain.name, anew), {})
  const forgetting = rig.start()
  clock.advance(60_000)
  await turns()
  expect(await rig.isThere(left)).toBe(false)
  expect((await readJob(store, Plain.name, anew))?.state.stage.at).toBe('waiting')
  await forgetting.stop()
})

test('what could not be forgotten while the store was away is at the next turn, by the same keeper', async () => {
  const rig = createRig()
  const { clock, store, add } = rig
  const [first, second] = [await add('first', cancelled), await add('second', cancelled)]
  let failCount = 2
  const keep: typeof store.keep = async (stream, retention) => {
    if (stream !== 'peek.ForgottenJobs' && failCount-- > 0) throw new PlatformError('unavailable', 'away')
    await store.keep(stream, retention)
  }
  const forgetting = rig.start({ ...store, keep })
  clock.advance(finishedKeptSeconds * 1_000 + 1)
  for (let turn = 0; turn < 5; turn++) {
    await turns()
    clock.advance(60_000)
  }
  await turns()
  expect([await rig.isThere(first), await rig.isThere(second)]).toEqual([false, false])
  await forgetting.stop()
})

test('many jobs are forgotten in a row, however slowly the list hears of it', async () => {
  const rig = createRig(1)
  for (let number = 0; number < 450; number++) await rig.add(`job ${number}`, cancelled)
  rig.clock.advance(finishedKeptSeconds * 1_000 + 1)
  const forgetting = rig.start()
  rig.clock.advance(60_000)
  for (let turn = 0; turn < 20; turn++) {
    for (let more = 0; more < 20; more++) await turns()
    rig.clock.advance(1_000)
  }
  const forgotten = rig.forgotten()
  expect([forgotten.length, new Set(forgotten).size]).toEqual([450, 450])
  await forgetting.stop()
})

test('one that began anew while its stream was let go stays for good', async () => {
  const rig = createRig()
  const { clock, store } = rig
  const jobId = await rig.add('anew', cancelled)
  clock.advance(finishedKeptSeconds * 1_000 + 1)
  let hasSubmitted = false
  const keep: typeof store.keep = async (stream, retention) => {
    await store.keep(stream, retention)
    if (stream !== jobStream(Plain.name, jobId) || hasSubmitted) return
    hasSubmitted = true
    expect(await rig.submit('anew')).toEqual({ jobId, isNew: true })
    // What was asked for before reaches the store behind it.
    await store.keep(stream, retention)
  }
  const forgetting = rig.start({ ...store, keep })
  clock.advance(60_000)
  await turns()
  clock.advance(10 * finishedKeptSeconds * 1_000)
  expect((await readJob(store, Plain.name, jobId))?.state.stage.at).toBe('waiting')
  await forgetting.stop()
})
