/** Jobs on real stores: submitted by a part or a reactor, kept going by the leading logic, over changes of the leader. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { EventStore } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { jobStream } from '#event-store/stream-name.ts'
import { defineJob } from '#job/define-job.ts'
import { JobFailure } from '#job/jobs.ts'
import { type Keeper, startKeeper } from '#job/keeper/keeper.ts'
import { type FakeRun, startFakeWorkers } from '#job/testing/fake-workers.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { defineLogicPart, defineReactor } from '#plugin-api'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import { eventSearchModel } from '#projections/event-search/event-search.ts'
import { jobsModel } from '#projections/jobs/jobs-model.ts'
import { type Engine, startEngine } from '#services/logic/engine.ts'
import { createPostgresJobIndex } from '#services/logic/jobs/postgres-job-index.ts'
import type { Database } from '#storage/database.ts'
import { type EngineStores, startEngineStores } from '#support/engine-stores.ts'
import { eventually } from '#support/eventually.ts'
import { AddToCounter, counter, counterRequest } from '#testing/counter.ts'
import { integer } from '#vortex/protocol/fields.ts'

const Negate = defineJob('test.Negate', {
  input: { number: integer() },
  output: { negated: integer() },
  retry: { triesMax: 2, delayMs: 50, delayMsMax: 100 },
})
const Often = defineJob('test.Often', {
  input: { number: integer() },
  output: {},
  key: ({ number }) => `${number}`,
  schedule: { everyMs: 300, input: () => ({ number: 24 }) },
})
const notifier = defineReactor({
  plugin: 'test',
  name: 'negator',
  on: (on) => [
    on(AddToCounter, async ({ data }, effects) => {
      if (data.note === 'negate') await effects.submitJob(Negate, { number: data.amount })
    }),
  ],
})
const plugin: LoadedPlugin = {
  folder: '',
  version: '1.0.0',
  manifest: { id: 'test', title: 'Test', words: '', platform: '*', requires: {}, services: ['logic'], apps: {} },
  logic: defineLogicPart({ deciders: [counter], reactors: [notifier], jobs: [Negate, Often] }),
}

let stores: EngineStores
let store: EventStore
let database: Database
let epoch = 0

beforeAll(async () => {
  stores = await startEngineStores('test jobs')
  ;({ store, database } = stores)
}, 120_000)
afterAll(() => stores?.[Symbol.asyncDispose]())

function startLeader(): Engine {
  return startEngine({
    plugins: [plugin],
    store,
    database,
    epoch: ++epoch,
    instance: `logic-${epoch}`,
    anchorFolders: [],
    surroundings: { home: '/nowhere', build: '0.1.0', watchedSelectors: () => 0, loopDelayMs: () => 0 },
    placeCount: () => 4,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    onLostLeadership: () => undefined,
    lost: new AbortController().signal,
  })
}

/** What another leader has: two engines do not fit into one process. */
function startOtherKeeper(): Keeper {
  return startKeeper({
    store,
    index: createPostgresJobIndex(database.sql),
    definitions: [Negate, Often],
    placeCount: () => 4,
    confirmLeading: async () => undefined,
    instance: 'other',
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  })
}

function startWorkers(run: (input: { readonly [field: string]: unknown }) => FakeRun) {
  return startFakeWorkers({
    store,
    clock: systemClock,
    placeCount: 4,
    // Longer than a busy machine holds anybody up: a lease that is lost is another try.
    leaseMs: 20_000,
    triesMax: Negate.retry.triesMax,
    run: ({ state }) => run(state.input),
  })
}

const rowOf = async (jobId: string) =>
  (await database.sql.unsafe(`select * from "${jobsModel.schemaName}".jobs where job_id = $1`, [jobId]))[0]
const negates = ({ number }: { readonly [field: string]: unknown }): FakeRun =>
  Number(number) < 0
    ? { tookMs: 0, end: 'throws' }
    : { tookMs: 0, end: 'succeeds', output: { negated: -Number(number) } }

test('a job that is submitted has its outcome told, and its row says the same', async () => {
  const engine = startLeader()
  const workers = startWorkers(negates)
  const jobs = engine.jobs.desk.jobsOf('test')
  const job = await jobs.submit(Negate, { number: 7 }, { key: 'seven', by: 'anna' })
  expect(job.isNew).toBe(true)
  expect(await job.result({ timeoutMs: 20_000 })).toEqual({ negated: -7 })
  const again = await jobs.submit(Negate, { number: 8 }, { key: 'seven' })
  expect(again).toMatchObject({ jobId: job.jobId, isNew: false })
  expect(await again.result({ timeoutMs: 20_000 })).toEqual({ negated: -7 })

  const failing = await jobs.submit(Negate, { number: -1 })
  const failure = await failing.result({ timeoutMs: 20_000 }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(JobFailure)
  expect(failure).toMatchObject({ outcome: 'parked', jobId: failing.jobId })
  await eventually('its row is parked', async () => (await rowOf(failing.jobId))?.stage === 'parked')
  expect(await rowOf(job.jobId)).toMatchObject({ stage: 'succeeded', output: '{"negated":-7}', by_user: 'anna' })
  const tries = await database.sql.unsafe(`select outcome from "${jobsModel.schemaName}".tries where job_id = $1`, [
    failing.jobId,
  ])
  expect(tries.map(({ outcome }) => outcome)).toEqual(['threw', 'threw'])
  await Promise.all([workers.stop(), engine.stop()])
}, 120_000)

test('an outcome that comes while another leads is told to who waited before', async () => {
  const first = startLeader()
  const job = await first.jobs.desk.jobsOf('test').submit(Negate, { number: 3 }, { notBefore: Date.now() + 500 })
  const result = job.result({ timeoutMs: 20_000 })
  // Its leadership is over; the part that asked is not told to stop just yet.
  await first.jobs.keeper.stop()
  const second = startOtherKeeper()
  const workers = startWorkers(negates)
  expect(await result).toEqual({ negated: -3 })
  await Promise.all([workers.stop(), first.stop(), second.stop()])
}, 120_000)

test('a job that nobody has begun is over as soon as somebody cancels it, and its submitter is told', async () => {
  const engine = startLeader()
  const jobs = engine.jobs.desk.jobsOf('test')
  const job = await jobs.submit(Negate, { number: 3 }, { notBefore: Date.now() + 3_600_000 })
  const result = job.result({ timeoutMs: 20_000 }).catch((error: unknown) => error)
  await jobs.cancel(job.jobId, { by: 'anna', reason: 'not needed' })
  expect(await result).toMatchObject({ outcome: 'cancelled', message: 'It was cancelled: not needed' })
  await jobs.cancel(job.jobId, { by: 'anna', reason: 'again' })
  const types = (await store.readStream(jobStream(Negate.name, job.jobId))).map(({ type }) => type)
  expect(types).toEqual(['peek.JobSubmitted', 'peek.JobCancelRequested', 'peek.JobCancelled'])
  await engine.stop()
}, 120_000)

test('a reactor submits a job once, with its event as the cause', async () => {
  const engine = startLeader()
  await eventually('it is live', () => engine.reactors[0]?.status().state === 'live')
  const request = counterRequest({ fields: { counterId: 'c-jobs', note: 'negate', amount: 5 } })
  expect(await engine.actions.run(request)).toMatchObject({ outcome: 'accepted' })
  const submitted = async () =>
    (
      await store.readLog({
        beyond: 'start',
        direction: 'forwards',
        countMax: 1_000,
        filter: { on: 'type', prefixes: ['peek.JobSubmitted'] },
      })
    ).filter(({ data }) => data.by === 'test.negator')
  await eventually('it is submitted', async () => (await submitted()).length === 1)
  await eventually('that is noted', () => engine.reactors[0]?.status().doneCount === 1)
  await engine.stop()
  await database.sql.unsafe(
    "update platform.reactor_checkpoints set position = '00000000000000000000' where reactor = 'test.negator'",
  )
  const next = startLeader()
  await eventually('it has reacted again', () => (next.reactors[0]?.status().doneCount ?? 0) > 1)
  const found = await submitted()
  expect(found).toHaveLength(1)
  expect(parseMetadata(found[0]?.metadata ?? {})).toMatchObject({
    causationId: request.id,
    correlationId: request.id,
    causeDepth: 1,
    plugin: 'test',
    pluginVersion: '1.0.0',
  })
  await next.stop()
}, 120_000)

test('what a schedule makes due is submitted once by two leaders', async () => {
  const dueOf = async () =>
    (
      await store.readLog({
        beyond: 'start',
        direction: 'forwards',
        countMax: 1_000,
        filter: { on: 'stream', prefixes: ['jobs-test.Often-'] },
      })
    )
      .filter(({ type }) => type === 'peek.JobSubmitted')
      .map(({ data }) => data.schedule)
  const [one, two] = [startLeader(), startOtherKeeper()]
  const before = (await dueOf()).length
  await eventually('some were due', async () => (await dueOf()).length >= before + 4)
  await Promise.all([one.stop(), two.stop()])
  const due = await dueOf()
  expect(new Set(due).size).toBe(due.length)
}, 120_000)

test('of a job that is forgotten what people decided can still be found, and what only a schedule did cannot', async () => {
  const engine = startLeader()
  const workers = startWorkers(() => ({ tookMs: 1, end: 'succeeds' }))
  const why = { by: 'ann', reason: 'audited' }
  const { control, desk } = engine.jobs
  const asked = await desk.jobsOf('test').submit(Negate, { number: 77 })
  const scheduled = async () =>
    (await control.list({ stage: 'finished', job: Often.name, countMax: 200 })).jobs.filter(
      ({ schedule, stage }) => schedule !== null && stage === 'succeeded',
    )
  await eventually('some are done', async () => (await scheduled()).length > 2)
  await asked.result()
  await workers.stop()
  let waiting = ''
  await eventually('one that waits is cancelled', async () => {
    const { jobs } = await control.list({ stage: 'waiting', job: Often.name, countMax: 1 })
    waiting = jobs[0]?.jobId ?? ''
    return waiting !== '' && (await control.cancel(waiting, why))
  })
  const rowsOf = async (job: string, jobId: string): Promise<string[]> => {
    const found = await database.sql`
      select type from ${database.sql(eventSearchModel.schemaName)}.events where stream = ${jobStream(job, jobId)} order by position`
    return found.map(({ type }) => String(type).replace('peek.Job', ''))
  }
  const born = (await scheduled()).map(({ jobId }) => jobId)
  await eventually('all is listed', async () => (await rowsOf(Often.name, waiting)).includes('Cancelled'))
  // The list of jobs is another read model than that of events.
  await eventually('its row says so too', async () => (await rowOf(waiting))?.stage === 'cancelled')
  const index = createPostgresJobIndex(database.sql)
  const later = Date.now() + 60_000
  const old = await index.findForgettable({ endedBefore: later, scheduledEndedBefore: later, countMax: 10_000 })
  const jobs = old.map(({ leases, positions, ...job }) => ({ ...job, leases: [...leases], positions: [...positions] }))
  expect(jobs.filter(({ jobId }) => born.includes(jobId)).map(({ positions }) => positions.length)).toEqual(
    born.map(() => 2),
  )
  expect(jobs.find(({ jobId }) => jobId === waiting)?.positions).toEqual([])
  const forgotten = { id: crypto.randomUUID(), type: 'peek.JobsForgotten', data: { jobs }, metadata: {} }
  await store.append('peek.ForgottenJobs', [forgotten], 'any')
  await eventually('and those of a schedule cannot be found', async () => {
    for (const jobId of born) if ((await rowsOf(Often.name, jobId)).length > 0) return false
    return true
  })
  expect(await rowsOf(Negate.name, asked.jobId)).toEqual(['Submitted', 'Succeeded'])
  expect(await rowsOf(Often.name, waiting)).toEqual(['Submitted', 'CancelRequested', 'Cancelled'])
  await engine.stop()
}, 120_000)

test('what an administrator sees of jobs is what is in the log, page by page, and so is what is decided', async () => {
  const engine = startLeader()
  const jobs = engine.jobs.desk.jobsOf('test')
  const { control } = engine.jobs
  const later = Date.now() + 3_600_000
  const ahead = await Promise.all(
    Array.from({ length: 7 }, (_, number) => jobs.submit(Negate, { number }, { notBefore: later + number })),
  )
  const failing = await Promise.all([1, 2, 3].map((number) => jobs.submit(Negate, { number: -number })))
  const workers = startWorkers(negates)
  for (const job of failing) await job.result({ timeoutMs: 20_000 }).catch(() => undefined)
  const of = { job: Negate.name }
  const ids = async (stage: 'scheduled' | 'parked' | 'waiting' | 'finished' | 'running'): Promise<string[]> => {
    const found: string[] = []
    for (let after: string | undefined; ; ) {
      const page = await control.list({ stage, ...of, after, countMax: 2 })
      found.push(...page.jobs.map(({ jobId }) => jobId))
      if (page.next === null) return found
      after = page.next
    }
  }
  const parkedIds = failing.map(({ jobId }) => jobId)
  await eventually('they are parked', async () => {
    const parked = await ids('parked')
    return parkedIds.every((jobId) => parked.includes(jobId))
  })
  expect(await ids('scheduled')).toEqual(ahead.map(({ jobId }) => jobId))
  expect(await ids('running')).toEqual([])
  expect(new Set(await ids('finished')).size).toBe((await ids('finished')).length)
  await eventually('the last one that ended is one of the schedule, which went well', async () => {
    const { jobs: ended } = await control.list({ stage: 'finished', countMax: 1 })
    return ended.length === 1 && ended[0]?.stage === 'succeeded'
  })

  const [first = ''] = parkedIds
  const details = await control.find(first)
  expect(details).toMatchObject({ stage: 'parked', input: { number: -1 }, output: null, begunCount: 2 })
  expect(details.tries.map(({ tryNumber, outcome, error }) => [tryNumber, outcome, error])).toEqual([
    [2, 'threw', 'no'],
    [1, 'threw', 'no'],
  ])
  const queue = async () => (await control.queues()).find(({ job }) => job === Negate.name)
  const before = await queue()
  expect(before).toMatchObject({ scheduledCount: 7, runningCount: 0, isKnown: true, isPaused: false })
  expect(before?.parkedCount).toBeGreaterThanOrEqual(3)

  await workers.stop()
  const why = { by: 'ann', reason: 'mended' }
  const { doneCount, leftCount } = await control.retryAll(Negate.name, why, 2)
  expect([doneCount, leftCount]).toEqual([2, (before?.parkedCount ?? 0) - 2])
  await eventually('they wait again', async () => (await queue())?.parkedCount === (before?.parkedCount ?? 0) - 2)
  await control.bringForward(ahead[6]?.jobId ?? '', why)
  await eventually('it waits for its turn only', async () => (await queue())?.scheduledCount === 6)
  expect(await control.cancel(ahead[5]?.jobId ?? '', why)).toBe(true)
  await eventually('it is over', async () => (await ids('finished')).includes(ahead[5]?.jobId ?? ''))
  expect(await control.cancel(ahead[5]?.jobId ?? '', why)).toBe(false)
  const cancelled = await control.cancelAll(Negate.name, 'waiting', why, 100)
  expect(cancelled.leftCount).toBe(0)
  await eventually('none waits', async () => (await ids('scheduled')).length + (await ids('waiting')).length === 0)
  await expect(control.retry(ahead[0]?.jobId ?? '', why)).rejects.toMatchObject({ kind: 'bad-input' })
  await expect(control.find('9e107d9d-0000-4000-8000-000000000000')).rejects.toMatchObject({ kind: 'not-found' })
  await expect(control.find('nonsense')).rejects.toMatchObject({ kind: 'not-found' })
  await expect(control.list({ stage: 'parked', after: 'x', countMax: 2 })).rejects.toMatchObject({ kind: 'bad-input' })
  const jobId = await control.runScheduled(Often.name, why)
  expect(await control.runScheduled(Often.name, why)).not.toBe(jobId)
  expect(await control.find(jobId).catch(() => 'not listed yet')).toBeDefined()
  await expect(control.runScheduled(Negate.name, why)).rejects.toMatchObject({ kind: 'bad-input' })
  await engine.stop()
}, 120_000)
