import type { Delivery } from '#event-store/competing-consumer.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { parseStreamName } from '#event-store/stream-name.ts'
import type { JobEvent } from '#job/job-events.ts'
import { appendToJob, type JobLog, type JobWriter, readJob } from '#job/job-log.ts'
import { backOffMs } from '#kernel/back-off.ts'
import { type Clock, pause } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { RpcDesk } from '#rpc/create-rpc-desk.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import { type HeldJob, holdJob } from './hold-job.ts'
import type { PluginPlace } from './job-process/job-process-messages.ts'
import { type Interruption, type RunningTry, runTry, type TryOutcome } from './job-process/run-try.ts'
import type { ProcessPool, TakenProcess } from './process-pool.ts'
import { serveJobCalls } from './serve-job-calls.ts'
import { toTryEvents } from './try-events.ts'

export type TryJobOptions = {
  readonly store: Pick<EventStore, 'append' | 'readStream'>
  readonly pool: Pick<ProcessPool, 'take' | 'giveBack'>
  /** Undefined for a plugin that does not run on this worker. */
  readonly placeOf: (plugin: string) => PluginPlace | undefined
  readonly worker: { readonly id: string; readonly name: string }
  readonly leaseMs: number
  readonly memoryBytesMax: number
  /** Calls that a job's code makes of others. */
  readonly rpcOf: RpcDesk['callerOf']
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Resolves when there is a place for it; false: not soon, and the job goes elsewhere. */
  readonly sit?: () => Promise<boolean>
}

/** What a worker does about one wake-up, from reading the job's stream to the outcome of its try. */
export type JobTry = {
  readonly stream: string
  /** Its place is free: nothing of it runs any more, and its outcome is on its way to the store. Never rejects. */
  readonly ran: Promise<void>
  /** Never rejects. */
  readonly finished: Promise<void>
  interrupt(why: Interruption): void
  /** Something new may stand in its stream. */
  look(): void
  /** Writes nothing from now on, whatever its process still does. */
  abandon(): void
}

/** The job as its stream tells it when its worker is woken: read while the job still waits for a place. */
export function readWoken(delivery: Delivery, { store }: Pick<TryJobOptions, 'store'>): Promise<JobLog | undefined> {
  const name = parseStreamName(delivery.event.stream)
  if (name?.kind !== 'job') return Promise.resolve(undefined)
  const reading = readJob(store, `${name.plugin}.${name.job}`, name.id)
  // Whoever begins it hears of that; it may never begin here.
  reading.catch(() => undefined)
  return reading
}

/**
 * Wake-up, look, lease, run, outcome.
 *
 * Promises: answers the delivery in any case, as soon as the lease is in the job's stream or nothing is to be done; of
 * several workers that were woken one gets the lease, and nothing runs without it; whatever goes wrong here, the lease is
 * not kept up for longer than there is something to do with it.
 */
export function tryJob(
  delivery: Delivery,
  options: TryJobOptions,
  reading: Promise<JobLog | undefined> = readWoken(delivery, options),
): JobTry {
  const { stream } = delivery.event
  const ran = createDeferred<void>()
  let interruption: Interruption | undefined
  let isAbandoned = false
  let running: RunningTry | undefined
  let held: HeldJob | undefined

  const interrupt = (why: Interruption): void => {
    interruption ??= why
    running?.interrupt(why)
  }
  const run = async (): Promise<void> => {
    const leased = await leaseJob(delivery, options, reading)
    if (!leased || isAbandoned) return
    const { job, lease } = leased
    held = holdJob({
      ...options,
      job,
      lease,
      writer: writerOf(options),
      onCancel: () => interrupt('cancelled'),
      onLost: () => interrupt('lost'),
    })
    const canSit = (await options.sit?.()) ?? true
    if (!canSit) interrupt('crowded-out')
    const { outcome, retry } = await runLeased(job, held, {
      ...options,
      begin: (begun) => {
        running = begun
        if (interruption) begun.interrupt(interruption)
      },
      interruption: () => interruption,
    })
    ran.resolve()
    await record(held, outcome, { lease, tryNumber: job.state.tryCount, retry })
  }
  const finished = run()
    .catch((error: unknown) =>
      options.log.error(`a job is given up here, its lease will end: ${describeError(error)}`, { stream }),
    )
    .finally(() => {
      held?.abandon()
      ran.resolve()
    })
  return {
    stream,
    ran: ran.promise,
    finished,
    interrupt,
    look: () => held?.look(),
    abandon: () => {
      isAbandoned = true
      held?.abandon()
      interrupt('lost')
    },
  }
}

/** What is more than the store takes is recorded without the last lines of its log, then as a failure. */
async function record(
  held: HeldJob,
  outcome: TryOutcome,
  at: Pick<Parameters<typeof toTryEvents>[1], 'lease' | 'tryNumber' | 'retry'>,
): Promise<void> {
  const tooLarge: TryOutcome = {
    at: 'failed',
    cause: 'bad-output',
    error: 'Its output is more than the event store takes: store it, and answer where it is.',
  }
  for (const told of [outcome, outcome]) {
    try {
      await held.end((lines, now) => toTryEvents(told, { ...at, lines, now }))
      return
    } catch (error) {
      if (!isPlatformError(error, 'too-large')) throw error
    }
  }
  await held.end((lines, now) => toTryEvents(tooLarge, { ...at, lines, now }))
}

/** Undefined where there is nothing to do, or somebody else does it. */
async function leaseJob(
  delivery: Delivery,
  options: TryJobOptions,
  reading: Promise<JobLog | undefined>,
): Promise<{ readonly job: JobLog; readonly lease: string } | undefined> {
  const { store, worker, leaseMs, clock, random, log } = options
  try {
    const job = await reading
    if (job?.state.stage.at !== 'ready') return void delivery.ack()
    const writer = { ...writerOf(options), now: clock.now() }
    if (job.state.cancelRequested) {
      await appendToJob(store, job, [{ type: 'peek.JobCancelled', data: { lease: null, lines: [] } }], writer)
      return void delivery.ack()
    }
    const plugin = pluginOf(job.state.job)
    if (!options.placeOf(plugin)) return leaveToOthers(delivery, plugin, options)
    const lease = newUuid()
    const { tryCount: tryNumber } = job.state
    const until = clock.now() + leaseMs
    const data = { tryNumber, lease, worker: worker.id, workerName: worker.name, until }
    const leased: JobEvent = { type: 'peek.JobLeased', data }
    const { revision } = await appendToJob(store, job, [leased], writer)
    delivery.ack()
    const stage = { at: 'leased', lease, worker: worker.id, until } as const
    return { job: { ...job, revision, state: { ...job.state, stage } }, lease }
  } catch (error) {
    if (isPlatformError(error, 'revision-conflict')) return void delivery.ack()
    // Whether it was leased is not known: then it expires, and the keeper says so.
    log.warning(`a job could not be taken: ${describeError(error)}`, { stream: delivery.event.stream })
    // It may come straight back, and what was wrong once is likely to be wrong again.
    await pause(clock, backOffMs(delivery.retryCount, random, firstGiveBackMs, giveBackMsMax))
    return void delivery.nack('retry', 'it could not be taken')
  }
}

const firstGiveBackMs = 100
/** The worker must not wait for it when it stops. */
const giveBackMsMax = 2_000

/**
 * Others may have the plugin, and be busy just now: how often it was given back says nothing, only for how long. When nobody
 * takes it, the keeper says again that it is ready. Its place is free meanwhile.
 */
function leaveToOthers(
  delivery: Delivery,
  plugin: string,
  { clock, random, log }: Pick<TryJobOptions, 'clock' | 'random' | 'log'>,
): undefined {
  const ageMs = Math.abs(clock.now() - delivery.event.storedAt)
  if (ageMs > offeredMsMax) {
    log.warning(
      `a job of the plugin "${plugin}" waits, and the plugin does not run on this worker: install or enable it`,
    )
    return void delivery.ack()
  }
  const delayMs = backOffMs(delivery.retryCount, random, firstGiveBackMs, giveBackMsMax)
  const words = `the plugin ${plugin} does not run on this worker`
  void pause(clock, delayMs).then(() => delivery.nack('retry', words))
}

const offeredMsMax = 30_000

type Ran = { readonly outcome: TryOutcome; readonly retry: TakenProcess['known'][number]['retry'] | undefined }

async function runLeased(
  job: JobLog,
  held: HeldJob,
  options: TryJobOptions & {
    readonly begin: (running: RunningTry) => void
    readonly interruption: () => Interruption | undefined
  },
): Promise<Ran> {
  const { pool, placeOf, memoryBytesMax, clock, begin, interruption } = options
  const { job: name, input, tryCount: tryNumber } = job.state
  const before = interruption()
  if (before) return { outcome: { at: 'interrupted', why: before }, retry: undefined }
  const plugin = pluginOf(name)
  let taken: TakenProcess
  try {
    const place = placeOf(plugin)
    if (!place) return failed(`The plugin "${plugin}" was stopped on this worker.`)
    taken = await pool.take(place, name)
  } catch (error) {
    const why = interruption()
    if (why) return { outcome: { at: 'interrupted', why }, retry: undefined }
    return failed(`Its code could not be loaded: ${describeError(error)}`)
  }
  const known = taken.known.find((one) => one.name === name)
  if (!known || interruption()) {
    pool.giveBack(taken, true)
    const why = interruption()
    if (why) return { outcome: { at: 'interrupted', why }, retry: known?.retry }
    // Another worker, or this one a little later, may have other code.
    return failed(`The worker part of "${plugin}" ${taken.version} has no code for ${name}.`)
  }
  const calls = serveJobCalls((signal) => options.rpcOf({ plugin, log: options.log.named(name), signal }))
  const running = runTry({
    process: taken.process,
    // What a stream holds was JSON when it was written.
    asked: { jobId: job.jobId, job: name, tryNumber, input: input as JsonObject },
    timeoutMs: known.timeoutMs,
    memoryBytesMax,
    hears: {
      onLine: (line) => {
        held.addLine(line)
        logOf(line.level, options.log.named(name))(line.words, { jobId: job.jobId })
      },
      onProgress: held.setProgress,
      onCall: calls.take,
    },
    clock,
  })
  begin(running)
  const { outcome, isProcessGood } = await running.outcome.finally(calls.close)
  pool.giveBack(taken, isProcessGood && known.process === 'reused')
  return { outcome, retry: known.retry }
}

function logOf(level: string, log: Log): Log['info'] {
  return level === 'debug' || level === 'warning' || level === 'error' ? log[level] : log.info
}

function failed(error: string): Ran {
  return { outcome: { at: 'failed', cause: 'crashed', error }, retry: undefined }
}

function writerOf({ worker }: TryJobOptions): JobWriter {
  return { user: 'peek', instance: worker.id, service: 'worker' }
}
