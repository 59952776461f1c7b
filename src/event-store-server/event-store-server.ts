/**
 * A single event store node that speaks the EventStoreDB protocol (gRPC), over one SQLite file.
 *
 * Promises: an append that was acknowledged is on the disk; one total order; each subscriber sees every event once, in
 * order; bad input costs the caller an error and nobody else anything. Needs the file for itself alone
 * (`already-running` otherwise), and a network that may be trusted: there is no authentication, so listen on loopback.
 */
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { startGrpcServer } from './grpc/grpc-server.ts'
import type { Durability } from './storage/sqlite-database.ts'
import { SqliteStorage } from './storage/sqlite-storage.ts'
import { EventLog } from './streams/event-log.ts'

export type EventStoreServerOptions = {
  /** `:memory:` keeps everything in memory and forgets it on `stop`. */
  readonly file: string
  readonly host?: string
  /** 0 takes a free port. */
  readonly port: number
  readonly log: Log
  /** `normal` may lose the last moments when the power fails, not when the process dies. */
  readonly durability?: Durability
  readonly clock?: Clock
}

export type EventStoreServerStats = ReturnType<EventLog['stats']> & { readonly openCalls: number }

export type EventStoreServer = {
  readonly port: number
  readonly connectionString: string
  /** Ends all calls with a reason, finishes what was accepted, closes the file. */
  stop(): Promise<void>
  stats(): EventStoreServerStats
}

const appendSizeBytesMax = 1_048_576

export async function startEventStoreServer(options: EventStoreServerOptions): Promise<EventStoreServer> {
  const { file, host = '127.0.0.1', port, log, durability = 'full', clock } = options
  const storage = new SqliteStorage({ file, durability })
  const eventLog = new EventLog({ storage, log, ...(clock ? { clock } : {}) })
  const network = await startGrpcServer({ eventLog, host, port, appendSizeBytesMax }).catch((error: unknown) => {
    eventLog.stop()
    storage.close()
    throw error
  })
  log.info('The event store listens', { host, port: network.port, file, lastPosition: eventLog.lastPosition })

  let stopping: Promise<void> | undefined
  const stop = async () => {
    eventLog.stop()
    await network.stop()
    storage.close()
    log.info('The event store has stopped', { file })
  }
  return {
    port: network.port,
    connectionString: `kurrentdb://${host}:${network.port}?tls=false`,
    stop: () => (stopping ??= stop()),
    stats: () => ({ ...eventLog.stats(), openCalls: network.openCallCount }),
  }
}
