/**
 * Background jobs, end to end: submitted, said to be ready, leased, run in a process of their own, outcome in the log; event
 * store, keeper and worker in three processes. Beside each figure stands what it cannot be better than, of the same run: the
 * store's bare persistent subscription, or a bare process.
 */
import { resolve } from 'node:path'
import type { EventStore } from '#event-store/event-store.ts'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { discoverPlugins } from '#plugin-host/discover-plugins.ts'
import { runTry } from '#services/worker/job-process/run-try.ts'
import { startJobProcess } from '#services/worker/job-process/start-job-process.ts'
import { createProcessPool } from '#services/worker/process-pool.ts'
import { startJobRig } from '#support/job-rig.ts'
import { choreJobs } from '#support/plugins/chores/shared/jobs.ts'
import { startWorkerProcess, testPluginFolder } from '#support/worker-process.ts'
import { makeBenchFolder, startEventStore } from './event-store-targets.ts'
import { median, printFigure, secondsOf } from './figure.ts'

const places = 4
const seconds = secondsOf(Bun.argv, 5)
const latencySampleCount = 100
const processSampleCount = 20

using folder = makeBenchFolder()
await using target = await startEventStore(folder.path)
await using rig = await startJobRig({ definitions: choreJobs, places, eventStore: target.connectionString })

const bare = await measureBare()
await measureJobs()
await measureProcesses()

/** Append, delivery, answer: all that a job needs of the group, and nothing else. */
async function measureBare() {
  const store = rig.store
  const type = `bench.Woken${newUuid().replaceAll('-', '')}`
  let deliveredCount = 0
  let onDelivery: () => void = () => undefined
  const consumer = store.join({
    group: type,
    filter: { on: 'type', prefixes: [type] },
    bufferCountMax: places,
    onDelivery: (delivery) => {
      delivery.ack()
      deliveredCount++
      onDelivery()
    },
  })
  const append = () =>
    store.append(`bench.Stream-${newUuid()}`, [{ id: newUuid(), type, data: {}, metadata: {} }], 'no-stream')
  const until = (count: number) =>
    new Promise<void>((resolveCount) => {
      onDelivery = () => {
        if (deliveredCount >= count) resolveCount()
      }
      onDelivery()
    })
  await append()
  await until(1)
  const latencies: number[] = []
  for (let n = 0; n < latencySampleCount; n++) {
    const startedAt = performance.now()
    const delivered = until(deliveredCount + 1)
    await append()
    await delivered
    latencies.push(performance.now() - startedAt)
  }
  const before = deliveredCount
  const startedAt = performance.now()
  await submitFor(append)
  const perSecond = ((deliveredCount - before) * 1_000) / (performance.now() - startedAt)
  await consumer.stop()
  return { perSecond, latencyMs: median(latencies) }
}

async function measureJobs(): Promise<void> {
  const worker = await startWorkerProcess({
    eventStore: target.connectionString,
    databaseUrl: rig.databaseUrl,
    plugins: ['chores'],
    places,
  })
  const outcomes = watchOutcomes(rig.store)
  await outcomes.of(await rig.submit('chores.Negate', { number: 1 }))
  const latencies: number[] = []
  for (let n = 0; n < latencySampleCount; n++) {
    const startedAt = performance.now()
    await outcomes.of(await rig.submit('chores.Negate', { number: n }))
    latencies.push(performance.now() - startedAt)
  }
  const common = { bench: 'jobs', referenceName: 'bare persistent subscription' }
  printFigure({
    ...common,
    metric: 'one_job_p50',
    value: median(latencies),
    unit: 'ms',
    reference: bare.latencyMs,
  })
  for (const [job, metric] of [
    ['chores.Negate', 'trivial_jobs'],
    ['chores.NegateAlone', 'jobs_in_a_fresh_process_each'],
  ] as const) {
    const before = outcomes.count()
    const startedAt = performance.now()
    const submittedIds = await submitFor(() => rig.submit(job, { number: 1 }), job === 'chores.Negate' ? 200 : 20)
    await Promise.all(submittedIds.map((id) => outcomes.of(id)))
    const perSecond = ((outcomes.count() - before) * 1_000) / (performance.now() - startedAt)
    printFigure({ ...common, metric, value: perSecond, unit: '1/s', reference: bare.perSecond })
  }
  await worker.stop()
}

/** What a process of its own costs a job, and what is left of that when one is kept ready. */
async function measureProcesses(): Promise<void> {
  const [plugin] = discoverPlugins({
    folder: testPluginFolder,
    enabled: ['chores'],
    platform: '0.1.0',
    log: silentLog,
  })
  const place = {
    plugin: must(plugin, 'the plugin of the tests is there'),
    files: '/tmp',
    databaseUrl: rig.databaseUrl,
  }
  const bareStarts: number[] = []
  for (let n = 0; n < processSampleCount; n++) {
    const startedAt = performance.now()
    await Bun.spawn([process.execPath, '-e', '0'], { stdout: 'ignore', stderr: 'ignore' }).exited
    bareStarts.push(performance.now() - startedAt)
  }
  for (const [metric, spareCountMax, job] of [
    ['job_without_a_spare_process', 0, 'NegateAlone'],
    ['job_with_a_spare_process', 1, 'NegateAlone'],
    ['job_in_a_used_process', 1, 'Negate'],
  ] as const) {
    let lastListening = Promise.resolve()
    const pool = createProcessPool({
      start: () => {
        const started = startJobProcess({ log: silentLog, clock: systemClock })
        lastListening = started.listening.catch(() => undefined)
        return started
      },
      idleCountMax: 1,
      spareCountMax,
      jobsPerProcessMax: 1_000,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
    })
    const samples: number[] = []
    for (let n = 0; n < processSampleCount; n++) {
      await lastListening
      const startedAt = performance.now()
      const taken = await pool.take(place, `chores.${job}`)
      const { outcome } = runTry({
        process: taken.process,
        asked: { jobId: newUuid(), job: `chores.${job}`, tryNumber: 1, input: { number: 1 } },
        timeoutMs: 10_000,
        memoryBytesMax: Number.MAX_SAFE_INTEGER,
        hears: { onLine: () => undefined, onProgress: () => undefined, onCall: () => undefined },
        clock: systemClock,
      })
      const { isProcessGood } = await outcome
      samples.push(performance.now() - startedAt)
      pool.giveBack(taken, isProcessGood && job === 'Negate')
    }
    await pool.stop()
    printFigure({
      bench: 'jobs',
      metric,
      value: median(samples),
      unit: 'ms',
      reference: median(bareStarts),
      referenceName: `bare ${resolve(process.execPath).split('/').at(-1)} process, start to end`,
    })
  }
}

/** As fast as they are taken, with so many under way at once. */
async function submitFor<T>(submit: () => Promise<T>, countMax = Number.POSITIVE_INFINITY): Promise<T[]> {
  const endsAt = performance.now() + seconds * 1_000
  const done: T[] = []
  const lane = async (): Promise<void> => {
    while (performance.now() < endsAt && done.length < countMax * seconds) done.push(await submit())
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  return done
}

function watchOutcomes(store: Pick<EventStore, 'follow'>) {
  const over = new Set<string>()
  const waiting = new Map<string, () => void>()
  store.follow({
    after: 'end',
    filter: { on: 'type', prefixes: ['peek.JobSucceeded'] },
    onBatch: async (events) => {
      for (const { stream } of events) {
        const jobId = stream.slice(stream.indexOf('-', 'jobs-'.length) + 1)
        over.add(jobId)
        waiting.get(jobId)?.()
      }
    },
  })
  return {
    count: () => over.size,
    of: (jobId: string): Promise<void> =>
      new Promise((tell) => {
        if (over.has(jobId)) tell()
        else waiting.set(jobId, tell)
      }),
  }
}
