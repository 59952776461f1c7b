/**
 * Submits jobs to a platform with three workers and kills logic and workers at random moments while they are carried out.
 * In the end every job has one outcome in the log, nothing happened to any that may not happen, and what the jobs did outside,
 * by their keys, was done once for each. Each run looks at the log from where the one before ended: an event of a job that had
 * its outcome before is a fault there.
 */
import { rmSync } from 'node:fs'
import { findStoreAddresses } from '#config/stores-file.ts'
import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { submitJob } from '#job/submit-job.ts'
import { checkJobStreams } from '#job/testing/check-job-streams.ts'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import type { Position } from '#kernel/position.ts'
import { createSeededRandom, pickOne, type Random, systemRandom } from '#kernel/random.ts'
import { type Client, openClient } from '#storage/client.ts'
import { freePorts } from '#support/free-ports.ts'
import { makeHome } from '#support/make-home.ts'
import { type Platform, startPlatform } from '#support/platform.ts'
import { Pay } from '#support/plugins/chores/shared/jobs.ts'
import { runPeek } from '#support/run-peek.ts'
import { startWorkerProcess, testPluginFolder, type WorkerProcess } from '#support/worker-process.ts'
import { within } from './kills.ts'

const places = 4
/** Beside the one of the platform. */
const ownWorkers = 2
const serviceSecret = 'a secret of the fault runs that is long enough'
/** Logic takes longest to come back. */
const targets = ['logic', 'worker', 'worker', 'another worker', 'another worker', 'another worker'] as const
/** Blows fall so far apart that work is done in between: a few of them while what was leased comes back, then some peace. */
const betweenBlowsMs = { min: 500, max: 12_000 }
/** Of every job, so often its own process dies right behind what it did. */
const crashShare = 0.003
const stallMs = 120_000
const submitAtOnce = 8

export async function runJobKills(options: { runs: number; seed: number; jobCount?: number }): Promise<void> {
  const { runs, seed, jobCount = 10_000 } = options
  const random = createSeededRandom(seed)
  const rig = await startRig()
  try {
    for (let run = 1; run <= runs; run++) {
      const startedAt = performance.now()
      const begunAt = await rig.store.head()
      const killed = await carryOutUnderBlows(rig, { run, jobCount, random, begunAt })
      const found = await check(rig, { run, jobCount, begunAt })
      const ms = Math.round(performance.now() - startedAt)
      console.log(JSON.stringify({ run, jobs: jobCount, killed, ...found, ms }))
    }
    console.log(JSON.stringify({ fault: 'jobs', runs, seed, jobs: runs * jobCount, lost: 0, doubled: 0 }))
  } finally {
    await rig.stop()
  }
}

type Rig = {
  readonly platform: Platform
  readonly store: EventStore
  readonly sql: Client
  readonly workers: WorkerProcess[]
  startWorker(): Promise<WorkerProcess>
  stop(): Promise<void>
}

async function startRig(): Promise<Rig> {
  const home = makeHome('peek-job-kills-')
  const environment = {
    ...(await freePorts()),
    PEEK_PLUGINS: 'chores',
    PEEK_PLUGIN_FOLDER: testPluginFolder,
    PEEK_SERVICE_SECRET: serviceSecret,
    PEEK_WORKER_PLACES: String(places),
    PEEK_LOG_LEVEL: 'warning',
  }
  const platform = await startPlatform({ home, environment })
  const { eventStore = '', databaseUrl = '' } = findStoreAddresses(home)
  const store = await openKurrentEventStore({
    connectionString: eventStore,
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
  })
  const sql = openClient({ url: databaseUrl, log: silentLog, applicationName: 'faults', maxConnections: 2 })
  const workers: WorkerProcess[] = []
  const startWorker = () =>
    startWorkerProcess({ eventStore, databaseUrl, environment, places, jobs: { leaseMs: 3_000 } })
  const stop = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.kill()))
    await store.close()
    await sql.end({ timeout: 1 })
    await platform.stop()
    rmSync(home, { recursive: true, force: true })
  }
  try {
    await sql`create schema if not exists pl_chores`
    await sql`
      create table pl_chores.payments (key text primary key, recipient text not null, times int not null default 1)`
    for (let count = 0; count < ownWorkers; count++) workers.push(await startWorker())
  } catch (error) {
    await stop()
    throw error
  }
  return { platform, store, sql, workers, startWorker, stop }
}

type Run = {
  readonly run: number
  readonly jobCount: number
  readonly random: Random
  /** The end of the log before its first job. */
  readonly begunAt: Position
}

async function carryOutUnderBlows(rig: Rig, { run, jobCount, random, begunAt }: Run): Promise<Record<string, number>> {
  const killed: Record<string, number> = {}
  let isOver = false
  const blows = async (): Promise<void> => {
    while (!isOver) {
      await Bun.sleep(betweenBlowsMs.min + random() * (betweenBlowsMs.max - betweenBlowsMs.min))
      if (isOver) return
      const target = pickOne(random, targets)
      await kill(rig, target, random)
      killed[target] = (killed[target] ?? 0) + 1
    }
  }
  const blowing = blows()
  try {
    await submitAll(rig.store, { run, jobCount })
    await untilAllEnded(rig, { jobCount, begunAt })
  } finally {
    isOver = true
    await blowing
  }
  return killed
}

async function kill(rig: Rig, target: (typeof targets)[number], random: Random): Promise<void> {
  if (target === 'another worker') {
    const place = Math.floor(random() * rig.workers.length)
    await must(rig.workers[place], 'it runs').kill()
    rig.workers[place] = await rig.startWorker()
    return
  }
  const back = rig.platform.next('ready', target)
  process.kill(must(rig.platform.part(target).pid, `up says which process ${target} is`), 'SIGKILL')
  await within(stallMs, back, `${target} comes back`)
}

/** By their keys, so that a submission whose answer was lost can be made again. */
async function submitAll(store: EventStore, { run, jobCount }: Pick<Run, 'run' | 'jobCount'>): Promise<void> {
  let next = 0
  const writer = { user: 'faults', instance: 'faults', service: 'logic' } as const
  const lane = async (): Promise<void> => {
    while (next < jobCount) {
      const key = `${run}-${next++}`
      const submission = { input: { to: key, crashShare }, key, by: 'faults' }
      await submitJob({ store, definition: Pay, submission, writer, now: systemClock.now() })
    }
  }
  await Promise.all(Array.from({ length: submitAtOnce }, lane))
}

/** Fails when nothing goes on for a while. */
async function untilAllEnded(rig: Rig, { jobCount, begunAt }: Pick<Run, 'jobCount' | 'begunAt'>): Promise<void> {
  let after = begunAt
  let endedCount = 0
  for (let movedAt = performance.now(); endedCount < jobCount; ) {
    const filter = { on: 'type', prefixes: ['peek.JobSucceeded', 'peek.JobParked', 'peek.JobCancelled'] } as const
    const page = await rig.store.readLog({ beyond: after, direction: 'forwards', countMax: 1_000, filter })
    endedCount += page.length
    after = page.at(-1)?.position ?? after
    if (page.length > 0) movedAt = performance.now()
    else if (performance.now() - movedAt > stallMs)
      throw new Error(
        `${endedCount} of ${jobCount} jobs ended, and nothing went on for ${stallMs} ms:\n${await stuck(rig, begunAt)}`,
      )
    else await Bun.sleep(50)
  }
}

/** What is known of the first few that do not end: in the log, and to logic. */
async function stuck({ store, platform }: Rig, begunAt: Position): Promise<string> {
  const log = await readAllAfter(store, begunAt)
  const left = [...checkJobStreams(log).jobs.values()].filter(({ state }) => state.stage.at !== 'succeeded').slice(0, 5)
  const words = left.map(({ stream }) => {
    const events = log.filter((event) => event.stream === stream)
    return events.map(({ type, data, storedAt, position }) =>
      JSON.stringify({ stream, type, data, storedAt, position }),
    )
  })
  const queues = await runPeek(['jobs', 'queues', '--home', platform.home, '--json'])
  return [...words.flat(), `now ${systemClock.now()}`, JSON.stringify(queues)].join('\n')
}

async function check(
  { store, sql }: Rig,
  { run, jobCount, begunAt }: Pick<Run, 'run' | 'jobCount' | 'begunAt'>,
): Promise<{ tries: number; repeated: number }> {
  const log = await readAllAfter(store, begunAt)
  const { faults, jobs } = checkJobStreams(log)
  const outcomes = new Map<string, number>()
  for (const { type, stream } of log)
    if (type === 'peek.JobSucceeded') outcomes.set(stream, (outcomes.get(stream) ?? 0) + 1)
  const wrong = [
    ...faults,
    ...(jobs.size === jobCount ? [] : [`${jobs.size} jobs are in the log, ${jobCount} were submitted`]),
    ...[...jobs.values()]
      .filter(({ state }) => state.stage.at !== 'succeeded')
      .map(({ stream, state }) => `${stream} is ${JSON.stringify(state.stage)}`),
    ...[...outcomes].filter(([, times]) => times !== 1).map(([stream, times]) => `${stream} has ${times} outcomes`),
  ]
  const rows = await sql<{ key: string; recipient: string; times: number }[]>`
    select key, recipient, times from pl_chores.payments where recipient like ${`${run}-%`}`
  const paid = new Set(rows.map(({ recipient }) => recipient))
  if (rows.length !== jobCount || paid.size !== jobCount)
    wrong.push(`${rows.length} payments to ${paid.size} recipients were made, wanted ${jobCount}`)
  const foreign = rows.filter(({ key }) => !jobs.has(key.replace(':pay', '')))
  if (foreign.length > 0) wrong.push(`${foreign.length} payments have a key of no job`)
  const [all] = await sql<{ count: number }[]>`select count(*)::int as count from pl_chores.payments`
  if (all?.count !== run * jobCount) wrong.push(`${all?.count} payments were made in all, wanted ${run * jobCount}`)
  if (wrong.length > 0) throw new Error(`Jobs went wrong:\n${wrong.slice(0, 20).join('\n')}`)
  const tries = log.filter(({ type }) => type === 'peek.JobLeased').length
  return { tries, repeated: rows.filter(({ times }) => times > 1).length }
}

async function readAllAfter(store: EventStore, begunAt: Position): Promise<RecordedEvent[]> {
  const log: RecordedEvent[] = []
  const filter = { on: 'type', prefixes: ['peek.Job'] } as const
  for (let beyond = begunAt; ; ) {
    const page: readonly RecordedEvent[] = await store.readLog({
      beyond,
      direction: 'forwards',
      countMax: 2_000,
      filter,
    })
    log.push(...page)
    const last = page.at(-1)
    if (!last || page.length < 2_000) return log
    beyond = last.position
  }
}
