/** What a server has beside its log and its network: the parts that work on the log, and the services that show them. */
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { AccessParts } from './access/create-access.ts'
import { type BackupService, createBackupService } from './grpc/backup-service.ts'
import type { GrpcService, ServiceContext } from './grpc/grpc-service.ts'
import { createMonitoringService } from './grpc/monitoring-service.ts'
import type { OpenCalls } from './grpc/open-calls.ts'
import { createOperationsService } from './grpc/operations-service.ts'
import { createPersistentSubscriptionsService } from './grpc/persistent-subscription-service.ts'
import { createGossipService, createServerFeaturesService, spokenVersion } from './grpc/server-info.ts'
import { createStreamsService } from './grpc/streams-service.ts'
import { UnfinishedBytes } from './grpc/unfinished-bytes.ts'
import { createUsersService } from './grpc/users-service.ts'
import { PersistentSubscriptions } from './persistent-subscriptions/persistent-subscriptions.ts'
import { measureFile } from './statistics/file-figures.ts'
import { createMachineMeter } from './statistics/machine-figures.ts'
import { reportScavenge } from './statistics/scavenge-figures.ts'
import { createSizeFigures } from './statistics/size-figures.ts'
import type { Statistics } from './statistics/statistics.ts'
import { reportStatistics } from './statistics/statistics-report.ts'
import type { ReachStep } from './step.ts'
import type { Durability } from './storage/sqlite-database.ts'
import type { SqliteStorage } from './storage/sqlite-storage.ts'
import type { EventLog } from './streams/event-log.ts'
import { Backups } from './upkeep/backup.ts'
import { Scavenger } from './upkeep/scavenger.ts'
import { measureStore } from './upkeep/store-size.ts'

export type ServerPartsOptions = {
  readonly file: string
  readonly durability: Durability
  readonly storage: SqliteStorage
  readonly eventLog: EventLog
  readonly statistics: Statistics
  readonly openCalls: OpenCalls
  readonly access: AccessParts
  /** Where clients find the server; the port is known only once it listens. */
  readonly address: () => { host: string; port: number }
  readonly shutDown: () => void
  readonly clock: Clock
  readonly log: Log
  readonly onStep: ReachStep
}

export type ServerParts = {
  readonly services: readonly GrpcService[]
  readonly scavenger: Scavenger
  readonly backups: Backups
  readonly persistentSubscriptions: PersistentSubscriptions
}

const appendSizeBytesMax = 1_048_576
const unfinishedBytesMax = 64 * 1_048_576

export function createServerParts(options: ServerPartsOptions): ServerParts {
  const { file, storage, eventLog, statistics, openCalls, address, shutDown, clock, log, onStep } = options
  const { access, users, passwords } = options.access
  const unfinishedBytes = new UnfinishedBytes(unfinishedBytesMax)
  const context: ServiceContext = { eventLog, access, openCalls, appendSizeBytesMax, unfinishedBytes, statistics }
  const nodeEndpoint = () => `${address().host}:${address().port}`
  const scavenger = new Scavenger({ eventLog, storage, log, onStep, nodeEndpoint })
  const backups = new Backups(storage)
  const persistentSubscriptions = new PersistentSubscriptions({ eventLog, log, onStep })
  const parts = { scavenger, backups, persistentSubscriptions }

  const ofBackups = createBackupService({ context, backups, file })
  const restartPersistentSubscriptions = () => persistentSubscriptions.restart()
  const services = [
    createStreamsService(context),
    createPersistentSubscriptionsService(context, persistentSubscriptions),
    createMonitoringService(context, createReporter(options, parts, ofBackups)),
    createGossipService(address, clock),
    createOperationsService({ access, scavenger, shutDown, restartPersistentSubscriptions }),
    createUsersService({ ...context, users, passwords }),
    ofBackups,
  ]
  return { services: [...services, createServerFeaturesService(services)], ...parts }
}

/** Makes, for each call that asks for statistics, what reports them. */
function createReporter(
  { file, durability, storage, eventLog, statistics, openCalls, clock }: ServerPartsOptions,
  { scavenger, persistentSubscriptions }: Omit<ServerParts, 'services'>,
  ofBackups: BackupService,
) {
  const sizeFigures = createSizeFigures({
    measure: () => measureStore(storage),
    appendedCount: () => statistics.totals.eventsIn,
    removedCount: () => scavenger.removedEventCount,
    streamCount: () => storage.nextStreamId - 1,
    clock,
  })
  return () => {
    const lookAtMachine = createMachineMeter(file)
    return async () =>
      reportStatistics({
        statistics,
        machine: await lookAtMachine(),
        log: { ...eventLog.stats(), revisionOf: (streamName) => eventLog.findStream(streamName)?.revision ?? -1 },
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
  }
}
