/**
 * A single event store node that speaks the EventStoreDB protocol (gRPC), over one SQLite file.
 *
 * Promises: an append that was acknowledged is on the disk; one total order; each subscriber sees every event once, in
 * order; bad input costs the caller an error and nobody else anything. With TLS users, passwords and access control lists
 * are enforced on every call; without, everybody may do everything, so only this machine may call.
 * Needs the file for itself alone (`already-running` otherwise).
 */
import type { MethodDefinition } from '@grpc/grpc-js'
import { type Clock, systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { createAccess, type UserOptions } from './access/create-access.ts'
import { createBackupService } from './grpc/backup-service.ts'
import { startGrpcServer } from './grpc/grpc-server.ts'
import type { ServiceContext } from './grpc/grpc-service.ts'
import { createMonitoringService } from './grpc/monitoring-service.ts'
import { OpenCalls } from './grpc/open-calls.ts'
import { createOperationsService } from './grpc/operations-service.ts'
import { createPersistentSubscriptionsService } from './grpc/persistent-subscription-service.ts'
import { createGossipService, createServerFeaturesService, spokenVersion } from './grpc/server-info.ts'
import { createStreamsService } from './grpc/streams-service.ts'
import { createUsersService } from './grpc/users-service.ts'
import { PersistentSubscriptions } from './persistent-subscriptions/persistent-subscriptions.ts'
import { measureFile } from './statistics/file-figures.ts'
import { createMachineMeter } from './statistics/machine-figures.ts'
import { reportScavenge } from './statistics/scavenge-figures.ts'
import { createSizeFigures } from './statistics/size-figures.ts'
import { Statistics } from './statistics/statistics.ts'
import { reportStatistics } from './statistics/statistics-report.ts'
import { passBy, type ReachStep } from './step.ts'
import type { Durability } from './storage/sqlite-database.ts'
import { SqliteStorage } from './storage/sqlite-storage.ts'
import { EventLog } from './streams/event-log.ts'
import { defaultPasswordFolder, openListeningPlace } from './tls/listening-place.ts'
import type { TlsOptions } from './tls/tls-identity.ts'
import { type BackupOptions, type BackupResult, Backups } from './upkeep/backup.ts'
import { Scavenger } from './upkeep/scavenger.ts'
import { measureStore } from './upkeep/store-size.ts'

export type EventStoreServerOptions = {
  /** `:memory:` keeps everything in memory and forgets it on `stop`. */
  readonly file: string
  readonly host?: string
  /** 0 takes a free port. */
  readonly port: number
  readonly log: Log
  /** Without it everything travels in clear and nobody is asked who they are. */
  readonly tls?: TlsOptions
  /** With TLS: the first users, and what callers without credentials may do. */
  readonly users?: UserOptions
  /** Lets other machines call a server without TLS. Whoever reaches it may then read, write and shut it down. */
  readonly allowsInsecureNetwork?: boolean
  /** `normal` may lose the last moments when the power fails, not when the process dies. */
  readonly durability?: Durability
  readonly clock?: Clock
  /** For crash tests. */
  readonly onStep?: ReachStep
}

export type EventStoreServerStats = ReturnType<EventLog['stats']> & { readonly openCalls: number }

export type EventStoreServer = {
  readonly port: number
  readonly connectionString: string
  /** Ends all calls with a reason, finishes what was accepted, closes the file. */
  stop(): Promise<void>
  /** Every method it answers. */
  readonly methods: readonly MethodDefinition<Buffer, Buffer>[]
  /** Resolves once the server has stopped, whoever asked for it: a client may, with the protocol's Shutdown. */
  readonly stopped: Promise<void>
  readonly scavenger: Scavenger
  readonly persistentSubscriptions: PersistentSubscriptions
  /** Copies the store into a file while it serves. */
  backUp(options: BackupOptions): Promise<BackupResult>
  stats(): EventStoreServerStats
}

const appendSizeBytesMax = 1_048_576

export async function startEventStoreServer(options: EventStoreServerOptions): Promise<EventStoreServer> {
  const { file, host = '127.0.0.1', log, durability = 'full', clock = systemClock, onStep = passBy } = options
  const { tls, allowsInsecureNetwork = false } = options
  const place = openListeningPlace({ host, tls, allowsInsecureNetwork, now: clock.now(), log })
  const storage = new SqliteStorage({ file, durability, onStep })
  const statistics = new Statistics(clock)
  const eventLog = new EventLog({ storage, log, clock, onStep, onGroup: statistics.committed })
  const openCalls = new OpenCalls()
  const passwordFolder = defaultPasswordFolder(file, tls)
  const { access, users, passwords } = await createAccess({
    eventLog,
    isEnforced: place.isSecure,
    options: { ...(passwordFolder === undefined ? {} : { passwordFolder }), ...options.users },
    clock,
    log,
  }).catch((error: unknown) => {
    eventLog.stop()
    storage.close()
    throw error
  })
  const context: ServiceContext = { eventLog, access, openCalls, appendSizeBytesMax, statistics }
  let port = options.port
  const gossip = createGossipService(() => ({ host: place.calledHost, port }), clock)
  const sizeFigures = createSizeFigures({
    measure: () => measureStore(storage),
    appendedCount: () => statistics.totals.eventsIn,
    removedCount: () => scavenger.removedEventCount,
    streamCount: () => storage.nextStreamId - 1,
    clock,
  })
  const monitoring = createMonitoringService(context, () => {
    const lookAtMachine = createMachineMeter(file)
    return async () =>
      reportStatistics({
        statistics,
        machine: await lookAtMachine(),
        log: {
          ...eventLog.stats(),
          revisionOf: (streamName) => eventLog.findStream(streamName)?.revision ?? -1,
        },
        node: { version: spokenVersion, durability, openCalls: openCalls.count },
        further: {
          ...(await measureFile(storage.upkeep)),
          ...(await sizeFigures()),
          ...reportScavenge(scavenger.progress),
          ...ofBackups.figures(),
          'es-persistentSubscription-count': persistentSubscriptions.list().length,
        },
        now: clock.now(),
      })
  })
  const scavenger = new Scavenger({ eventLog, storage, log, onStep, nodeEndpoint: () => `${host}:${port}` })
  const backups = new Backups(storage)
  const ofBackups = createBackupService({ context, backups, file })
  const persistentSubscriptions = new PersistentSubscriptions({ eventLog, log, onStep })
  const operations = createOperationsService({
    access: context.access,
    scavenger,
    shutDown: () => void stopOnce(),
    restartPersistentSubscriptions: () => persistentSubscriptions.restart(),
  })
  const ofUsers = createUsersService({ ...context, users, passwords })
  const ofGroups = createPersistentSubscriptionsService(context, persistentSubscriptions)
  const services = [createStreamsService(context), ofGroups, monitoring, gossip, operations, ofUsers, ofBackups]
  services.push(createServerFeaturesService(services))
  await scavenger.recordInterrupted()
  const network = await startGrpcServer({
    services,
    openCalls,
    host,
    port,
    clock,
    credentials: place.credentials,
  }).catch((error: unknown) => {
    eventLog.stop()
    storage.close()
    throw error
  })
  port = network.port
  statistics.start()
  log.info('The event store listens', { host, port, file, lastPosition: eventLog.lastPosition })

  const stopped = createDeferred()
  let stopping: Promise<void> | undefined
  const stopOnce = () => {
    if (!stopping) {
      stopping = stop()
      stopping.then(stopped.resolve, stopped.reject)
      // Who stops the server hears of a failure there; who only waits may never ask.
      stopped.promise.catch(() => undefined)
    }
    return stopping
  }
  const stop = async () => {
    statistics.stop()
    await Promise.all([scavenger.stop(), backups.stop(), persistentSubscriptions.stop()])
    eventLog.stop()
    await network.stop()
    storage.close()
    log.info('The event store has stopped', { file })
  }
  return {
    port,
    connectionString: place.toConnectionString(port),
    stop: stopOnce,
    methods: services.flatMap(({ definition }) => Object.values(definition)),
    stopped: stopped.promise,
    scavenger,
    persistentSubscriptions,
    backUp: (backup) => backups.make(backup),
    stats: () => ({ ...eventLog.stats(), openCalls: openCalls.count }),
  }
}
