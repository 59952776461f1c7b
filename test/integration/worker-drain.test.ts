/** A worker of a whole platform that is drained with jobs running: they end there, and all further ones elsewhere. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { findStoreAddresses } from '#config/stores-file.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { jobStream } from '#event-store/stream-name.ts'
import { submitJob } from '#job/submit-job.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { eventually } from '#support/eventually.ts'
import { freePorts } from '#support/free-ports.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { Walk } from '#support/plugins/chores/shared/jobs.ts'
import { runPeek } from '#support/run-peek.ts'
import { startWorkerProcess, testPluginFolder, type WorkerProcess } from '#support/worker-process.ts'

const places = 2
const environment = {
  ...(await freePorts()),
  PEEK_PLUGINS: 'chores',
  PEEK_PLUGIN_FOLDER: testPluginFolder,
  PEEK_SERVICE_SECRET: 'a secret of the tests that is long enough',
  PEEK_WORKER_PLACES: String(places),
  PEEK_WORKER_NAME: 'first',
}
let platform: Platform
let store: EventStore
let second: WorkerProcess

beforeAll(async () => {
  platform = await startPlatform({ environment })
  const { eventStore = '', databaseUrl = '' } = findStoreAddresses(platform.home)
  store = await openKurrentEventStore({
    connectionString: eventStore,
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
  })
  second = await startWorkerProcess({
    eventStore,
    databaseUrl,
    places,
    environment: { ...environment, PEEK_WORKER_NAME: 'second' },
  })
}, 120_000)
afterAll(async () => {
  await second?.kill()
  await store?.close()
  await platform?.[Symbol.asyncDispose]()
}, 120_000)

const submitWalks = (count: number, steps: number) =>
  Promise.all(
    Array.from({ length: count }, () =>
      submitJob({
        store,
        definition: Walk,
        submission: { input: { steps, stepMs: 100 }, by: 'ann' },
        writer: { user: 'ann', instance: 'test', service: 'logic' },
        now: systemClock.now(),
      }),
    ),
  ).then((submitted) => submitted.map(({ jobId }) => jobId))

/** Each job's tries by who had them, and what became of it. */
async function historyOf(jobIds: readonly string[]) {
  const streams = await Promise.all(jobIds.map((jobId) => store.readStream(jobStream(Walk.name, jobId))))
  return streams.map((events) => ({
    workers: events.flatMap(({ type, data }) => (type === 'peek.JobLeased' ? [String(data.workerName)] : [])),
    last: events.at(-1)?.type.replace('peek.Job', ''),
  }))
}
const services = async (...words: string[]) => {
  const { out, err, code } = await runPeek([
    'services',
    ...words,
    '--home',
    platform.home,
    '--url',
    platform.url('logic'),
    '--json',
  ])
  if (code !== 0) throw new Error(err)
  return JSON.parse(out)
}

test('S2 what runs on a drained worker ends there, nothing new begins there, and another takes over', async () => {
  await eventually('both workers are known', async () => {
    const { services: found } = await services('list')
    return (
      found.filter((one: { name: string; state: string }) => one.name === 'worker' && one.state === 'online').length ===
      2
    )
  })
  // Long enough to be under way still when the command has begun.
  const early = await submitWalks(2 * places, 100)
  await eventually('both workers are busy', async () => {
    const busy = (await historyOf(early)).flatMap(({ workers }) => workers)
    return ['first', 'second'].every((name) => busy.filter((one) => one === name).length === places)
  })
  const late = await submitWalks(4, 1)

  const drained = await services('drain', 'second', '--reason', 'a new disk', '--wait')
  expect(drained).toMatchObject({ isChanged: true, busyCount: 0 })
  // Told to be done, it is: what it had has ended well, at the first try.
  const atSecond = (await historyOf(early)).filter(({ workers }) => workers.includes('second'))
  expect(atSecond).toEqual(Array.from({ length: places }, () => ({ workers: ['second'], last: 'Succeeded' })))

  await eventually('all are over', async () =>
    (await historyOf([...early, ...late])).every(({ last }) => last === 'Succeeded'),
  )
  expect((await historyOf(late)).flatMap(({ workers }) => workers)).toEqual(['first', 'first', 'first', 'first'])
  expect((await historyOf(early)).flatMap(({ workers }) => workers)).toHaveLength(2 * places)

  // It has nothing to give back, so that it ends at once and well.
  expect(await second.stop()).toBe(0)
}, 120_000)
