/** A worker with real stores and real processes, and jobs that go well and wrong. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eventually } from '#support/eventually.ts'
import { type JobRig, startJobRig } from '#support/job-rig.ts'
import { choreJobs } from '#support/plugins/chores/shared/jobs.ts'
import { startWorkerProcess, type WorkerProcess } from '#support/worker-process.ts'

let rig: JobRig
let worker: WorkerProcess
const startWorker = (places = 2, jobs: { readonly [option: string]: number } = {}) =>
  startWorkerProcess({
    eventStore: rig.connectionString,
    databaseUrl: rig.databaseUrl,
    plugins: ['chores'],
    places,
    // Longer than a busy machine holds anybody up: a lease that is lost is another try.
    jobs: { leaseMs: 15_000, processMemoryMiBMax: 400, ...jobs },
  })

beforeAll(async () => {
  rig = await startJobRig({ definitions: choreJobs, places: 2 })
  worker = await startWorker()
}, 120_000)
afterAll(async () => {
  await worker?.stop()
  await rig?.[Symbol.asyncDispose]()
}, 120_000)

async function run(job: string, input: object) {
  const jobId = await rig.submit(job, input)
  const { state } = await rig.until(job, jobId, 'succeeded', 'parked', 'cancelled')
  return { jobId, stage: state.stage, types: await rig.typesOf(job, jobId) }
}

describe('a job', () => {
  test('is carried out once, and its output recorded', async () => {
    const { stage, types } = await run('chores.Negate', { number: 24 })
    expect(stage).toEqual({ at: 'succeeded', output: { negated: -24 } })
    expect(types).toEqual(['Submitted', 'Ready', 'Leased', 'Succeeded'])
  }, 120_000)

  test('is tried again after it failed', async () => {
    const { stage, types } = await run('chores.Fail', { timesMin: 1 })
    expect(stage).toEqual({ at: 'succeeded', output: { tryNumber: 2 } })
    expect(types.filter((type) => type === 'TryFailed')).toHaveLength(1)
  })

  test.each([
    ['chores.Fail', { timesMin: 9 }, 'does not go well'],
    ['chores.Hang', { isBusy: true }, '300 ms'],
    ['chores.Crash', { code: 3 }, 'code 3'],
    ['chores.Leak', {}, 'MiB'],
    ['chores.Lie', {}, 'output does not fit'],
  ])('%s %p parks with its error, and takes nobody with it', async (job, input, words) => {
    const jobId = await rig.submit(job, input)
    // Beside it all goes on.
    expect((await run('chores.Negate', { number: 1 })).stage.at).toBe('succeeded')
    const { state } = await rig.until(job, jobId, 'parked')
    expect(state.stage).toMatchObject({ at: 'parked', error: expect.stringContaining(words) })
    expect(state.tryCount).toBe(2)
  })

  test('says how far it is, and is cancelled while it runs', async () => {
    const jobId = await rig.submit('chores.Walk', { steps: 1_000, stepMs: 20 })
    await eventually('it says how far it is', async () =>
      (await rig.typesOf('chores.Walk', jobId)).includes('Progressed'),
    )
    await rig.cancel('chores.Walk', jobId)
    await rig.until('chores.Walk', jobId, 'cancelled')
    const types = await rig.typesOf('chores.Walk', jobId)
    expect(types).toContain('CancelRequested')
    expect(types.at(-1)).toBe('Cancelled')
  })

  test('E2 that is tried again does what it does outside once, by its key, in its own schema', async () => {
    const { stage, types } = await run('chores.Pay', { to: 'bob', crashShare: 0.4 })
    expect(stage.at).toBe('succeeded')
    const rows = await rig.sql`select recipient from pl_chores.payments where recipient = 'bob'`
    expect(rows).toHaveLength(1)
    expect(types.filter((type) => type === 'Succeeded')).toHaveLength(1)
  })

  test('what it wrote is in its events', async () => {
    const { jobId } = await run('chores.Chatter', { lineCount: 3 })
    const words = () =>
      JSON.stringify(rig.log.filter(({ stream }) => stream.includes(jobId)).flatMap(({ data }) => data.lines ?? []))
    // The rig follows the log by itself.
    for (const line of ['out 2', 'err 2', 'log 2'])
      await eventually(`its events say "${line}"`, () => words().includes(line))
  })
})

describe('workers', () => {
  test('S2 one that is killed gives its job back after its lease, and another carries it out', async () => {
    const doomed = await startWorker(4, { leaseMs: 2_000 })
    await worker.stop()
    // Longer than a busy machine takes to see that it has begun, and to kill.
    const jobId = await rig.submit('chores.Walk', { steps: 60, stepMs: 100 })
    await rig.until('chores.Walk', jobId, 'leased')
    await doomed.kill()
    worker = await startWorker()
    const { state } = await rig.until('chores.Walk', jobId, 'succeeded')
    expect(state.stage).toMatchObject({ output: { steps: 60 } })
    expect(await rig.typesOf('chores.Walk', jobId)).toContain('LeaseExpired')
  }, 120_000)

  test('S2 one that stops gives its job back at once, and that was no try', async () => {
    const jobId = await rig.submit('chores.Walk', { steps: 1_000, stepMs: 100 })
    await rig.until('chores.Walk', jobId, 'leased')
    // Told to stop it finishes first what it has; told twice it does not wait.
    const code = await worker.stop()
    expect(code).toBe(0)
    const { state } = await rig.find('chores.Walk', jobId)
    expect(await rig.typesOf('chores.Walk', jobId)).toContain('TryFailed')
    expect(state.tryCount).toBeLessThanOrEqual(1)
    await rig.cancel('chores.Walk', jobId)
    worker = await startWorker()
  }, 120_000)
})
