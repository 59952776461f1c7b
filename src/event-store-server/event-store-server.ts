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
import { startGrpcServer } from './grpc/grpc-server.ts'
import { OpenCalls } from './grpc/open-calls.ts'
import type { PersistentSubscriptions } from './persistent-subscriptions/persistent-subscriptions.ts'
import { createServerParts } from './server-parts.ts'
import { Statistics } from './statistics/statistics.ts'
import { passBy, type ReachStep } from './step.ts'
import type { Durability } from './storage/sqlite-database.ts'
import { SqliteStorage } from './storage/sqlite-storage.ts'
import { EventLog, type EventLogOptions } from './streams/event-log.ts'
import { defaultPasswordFolder, openListeningPlace } from './tls/listening-place.ts'
import type { TlsOptions } from './tls/tls-identity.ts'
import type { BackupOptions, BackupResult } from './upkeep/backup.ts'
import type { Scavenger } from './upkeep/scavenger.ts'

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
  /** How long a client may answer nothing, not even a ping, before its calls are ended. */
  readonly clientSilenceMsMax?: number
  readonly clock?: Clock
  /** For crash tests. */
  readonly onStep?: ReachStep
}

const defaultClientSilenceMsMax = 30_000

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

export async function startEventStoreServer(options: EventStoreServerOptions): Promise<EventStoreServer> {
  const { file, host = '127.0.0.1', log, durability = 'full', clock = systemClock, onStep = passBy } = options
  const { tls, allowsInsecureNetwork = false, clientSilenceMsMax: silenceMsMax = defaultClientSilenceMsMax } = options
  const place = openListeningPlace({ host, tls, allowsInsecureNetwork, now: clock.now(), log })
  const storage = new SqliteStorage({ file, durability, onStep })
  const statistics = new Statistics(clock)
  const eventLog = openLog({ storage, log, clock, onStep, onGroup: statistics.committed })
  const openCalls = new OpenCalls()
  let port = options.port

  const start = async () => {
    const passwordFolder = defaultPasswordFolder(file, tls)
    const users = { ...(passwordFolder === undefined ? {} : { passwordFolder }), ...options.users }
    const access = await createAccess({ eventLog, isEnforced: place.isSecure, options: users, clock, log })
    const address = () => ({ host: place.calledHost, port })
    const shutDown = () => void stopOnce()
    const common = { file, durability, storage, eventLog, statistics, openCalls, clock, log, onStep }
    const parts = createServerParts({ ...common, access, address, shutDown })
    await parts.scavenger.recordInterrupted()
    const { services } = parts
    const { credentials } = place
    const network = await startGrpcServer({ services, openCalls, host, port, clock, silenceMsMax, credentials })
    return { parts, network }
  }
  const { parts, network } = await start().catch((error: unknown) => {
    eventLog.stop()
    storage.close()
    throw error
  })
  const { services, scavenger, backups, persistentSubscriptions } = parts
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

/** A log whose end cannot be read must not keep the file locked. */
function openLog(options: EventLogOptions): EventLog {
  try {
    return new EventLog(options)
  } catch (error) {
    options.storage.close()
    throw error
  }
}
