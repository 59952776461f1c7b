import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { ensurePrivateFolder } from '#config/private-file.ts'
import { getDatabaseUrl, getEventStoreAddress } from '#config/stores-file.ts'
import type { CompetingConsumers } from '#event-store/competing-consumer.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { must } from '#kernel/assert.ts'
import { backOffMs } from '#kernel/back-off.ts'
import { describeError } from '#kernel/platform-error.ts'
import { systemRandom } from '#kernel/random.ts'
import type { DiscoveredPlugin } from '#plugin-host/discover-plugins.ts'
import type { RpcDesk } from '#rpc/create-rpc-desk.ts'
import type { ServiceContext } from '../run-role.ts'
import type { PartHealth } from '../service.ts'
import type { Holdings } from '../status-report.ts'
import { createStopSignal } from '../stop-signal.ts'
import type { PluginPlace } from './job-process/job-process-messages.ts'
import { startJobProcess } from './job-process/start-job-process.ts'
import { createProcessPool, type ProcessPool } from './process-pool.ts'
import { readWoken, type TryJobOptions, tryJob } from './try-job.ts'
import { startWorkerPlaces, type WorkerPlaces } from './worker-places.ts'

/**
 * Background jobs on this worker: woken by the event store, each in a process of its own.
 *
 * Promises: waits for a store that is away for as long as it takes, and goes on by itself; no job is lost with this
 * process, whose leases end.
 */
export interface WorkerJobs {
  start(): void
  /** Those that run here; jobs are taken once they are known. */
  setPlugins(plugins: readonly DiscoveredPlugin[]): void
  /** How the code of jobs calls others; told before the plugins are. */
  setCalls(calls: Pick<RpcDesk, 'callerOf'>): void
  health(): readonly PartHealth[]
  holdings(): Partial<Holdings>
  /** Takes no new job; resolves when what runs is over. */
  drain(): Promise<void>
  /** After `drain`: takes jobs again. */
  goOn(): void
  /** Gives back what still runs and ends all processes. */
  stop(): Promise<void>
}

/** What cannot be recorded by then is left to the end of its lease. */
const giveBackMsMax = 4_000
const bytesPerMiB = 1_048_576

export function createWorkerJobs(context: ServiceContext<'worker'>): WorkerJobs {
  const { config, identity, clock, log: serviceLog } = context
  const { jobs } = config.values
  const log = serviceLog.named('jobs')
  const random = systemRandom
  const placeCount = jobs.placesMax || Math.max(1, Math.floor(availableParallelism() / 2))
  const signal = createStopSignal(clock)
  let store: (EventStore & CompetingConsumers) | undefined
  let places: WorkerPlaces | undefined
  let pool: ProcessPool | undefined
  let connecting: Promise<void> | undefined
  let plugins: readonly DiscoveredPlugin[] | undefined
  let calls: Pick<RpcDesk, 'callerOf'> | undefined
  let isDraining = false
  /** Made once: it is asked for at every job. */
  const madeFolders = new Set<string>()

  const placeOf = (id: string): PluginPlace | undefined => {
    const plugin = plugins?.find(({ manifest }) => manifest.id === id && manifest.services.includes('worker'))
    if (!plugin) return undefined
    const files = join(config.folder, 'files', id)
    if (!madeFolders.has(files)) ensurePrivateFolder(files)
    madeFolders.add(files)
    return { plugin, files, databaseUrl: getDatabaseUrl(config) }
  }
  const startPool = (): ProcessPool =>
    createProcessPool({
      start: () => startJobProcess({ log, clock }),
      idleCountMax: placeCount,
      spareCountMax: jobs.spareProcesses,
      jobsPerProcessMax: jobs.jobsPerProcessMax,
      clock,
      random,
      log,
    })
  /** Without its plugins a worker could only give back what it is woken for. */
  const startPlaces = (): void => {
    if (places || !store || !plugins || signal.isStopped) return
    const opened = store
    const processes = startPool()
    pool = processes
    const tryOptions: TryJobOptions = {
      store: opened,
      pool: processes,
      placeOf,
      worker: { id: identity.id, name: identity.instanceName },
      leaseMs: jobs.leaseMs,
      memoryBytesMax: jobs.processMemoryMiBMax * bytesPerMiB,
      rpcOf: (part) => must(calls, 'calls are known before plugins are').callerOf(part),
      clock,
      random,
      log,
    }
    places = startWorkerPlaces({
      store: opened,
      placesMax: placeCount,
      clock,
      prepare: (delivery) => {
        const reading = readWoken(delivery, tryOptions)
        return (sit) => tryJob(delivery, { ...tryOptions, sit }, reading)
      },
    })
    if (isDraining) void places.drain()
  }
  /** The address may not be known yet, or have changed with a restart of the store: asked again until it opens. */
  const connect = async (): Promise<void> => {
    for (let attempt = 0; !signal.isStopped && !store; attempt++) {
      try {
        const connectionString = getEventStoreAddress(config)
        store = await openKurrentEventStore({ connectionString, log: log.named('event-store'), clock, random })
        startPlaces()
      } catch (error) {
        log.warning(`jobs wait for the event store: ${describeError(error)}`)
        await signal.pause(backOffMs(attempt, random))
      }
    }
  }

  return {
    start: () => {
      connecting = connect()
    },
    setPlugins: (next) => {
      plugins = next
      pool?.keepOnly(next)
      startPlaces()
    },
    setCalls: (next) => {
      calls = next
    },
    health: () => [storeHealth(store), jobsHealth(places)],
    holdings: () => ({
      placeCount: places ? placeCount : 0,
      busyPlaceCount: places?.busyCount() ?? 0,
      jobProcessCount: pool?.processCount() ?? 0,
      isDraining,
    }),
    drain: async () => {
      if (!isDraining) log.info('takes no new jobs', { running: places?.busyCount() ?? 0 })
      isDraining = true
      await places?.drain()
    },
    goOn: () => {
      if (isDraining) log.info('takes jobs again')
      isDraining = false
      places?.goOn()
    },
    stop: async () => {
      signal.stop()
      await connecting
      const cancel = clock.after(giveBackMsMax, () => {
        places?.abandon()
        void pool?.stop()
      })
      await places?.stop()
      cancel()
      await pool?.stop()
      await store?.close()
    },
  }
}

function storeHealth(store: Pick<EventStore, 'health'> | undefined): PartHealth {
  const name = 'event store'
  const found = store?.health()
  if (!found) return { name, state: 'starting', words: 'the event store is being reached' }
  return { name, state: found.state === 'ready' ? 'ready' : 'degraded', words: found.words }
}

/** A drained worker is well; it only takes no jobs. */
function jobsHealth(places: WorkerPlaces | undefined): PartHealth {
  const name = 'jobs'
  if (!places) return { name, state: 'starting', words: 'waiting to be told which plugins run' }
  if (!places.isDraining()) return { name, state: 'ready', words: `${places.busyCount()} running` }
  return { name, state: 'draining', words: `takes no new ones, ${places.busyCount()} running`, isApart: true }
}
