import * as v from 'valibot'
import type { ChangeEvent } from '#event-store/change-event.ts'
import type { Clock } from '#kernel/clock.ts'
import { tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createMemoryModel, type MemoryModel } from '#observable/source/memory-model.ts'
import type { PartialSource } from '#observable/source/snapshot-source.ts'
import { Device } from '#vortex/protocol/device-tuples.ts'
import { JobQueueStatus, RunningJob } from '#vortex/protocol/job-tuples.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import {
  DeviceConnection,
  EvidenceStatus,
  PartStatus,
  ProjectionStatus,
  ReactorStatus,
  RebuildStatus,
  RpcStatus,
  ServiceStatus,
  SettingsStatus,
} from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { partsReportedMax } from '../status-report.ts'
import { createStoreBoard, type StoreBoard } from './store-board.ts'

/** What the admin app shows of the platform itself: services, connections, projections, the event store, as they report. */
export interface StatusBoard {
  readonly projections: MemoryModel<TupleOf<typeof ProjectionStatus>>
  readonly rebuilds: MemoryModel<TupleOf<typeof RebuildStatus>>
  readonly reactors: MemoryModel<TupleOf<typeof ReactorStatus>>
  readonly evidence: MemoryModel<TupleOf<typeof EvidenceStatus>>
  readonly settings: MemoryModel<TupleOf<typeof SettingsStatus>>
  readonly jobQueues: MemoryModel<TupleOf<typeof JobQueueStatus>>
  readonly runningJobs: MemoryModel<TupleOf<typeof RunningJob>>
  readonly devices: MemoryModel<TupleOf<typeof Device>>
  readonly services: Pick<MemoryModel<TupleOf<typeof ServiceStatus>>, 'rows'>
  readonly parts: Pick<MemoryModel<TupleOf<typeof PartStatus>>, 'rows'>
  readonly store: StoreBoard
  /** Selectors watched now of these observables, on every service that reports. */
  watchedSelectors(observables: readonly string[]): number
  readonly sources: readonly PartialSource[]
  readonly names: readonly string[]
  /** How many jobs the workers that report run at once at most; those that take no more do not count. */
  jobPlaces(): number
  /** Takes the report (JSON text) of a service. Throws `bad-input` when it is malformed or speaks for another one. */
  takeReport(instance: string, text: string): void
  /** A service's link closed: it shows as lost, its devices as gone. */
  markLost(instance: string): void
  /** Shows as being restarted, until its successor reports or that has taken too long. */
  noteRestart(instance: string): void
  stop(): void
}

const reportedPart = v.omit(v.strictObject(PartStatus.fields), ['id', 'instance', 'service'])
export const reportSchema = v.object({
  ...v.omit(v.strictObject(ServiceStatus.fields), ['state', 'lastSeenAt', 'restartingSince']).entries,
  // A service of an earlier build does not say these.
  installation: v.optional(ServiceStatus.fields.installation, ''),
  isSupervised: v.optional(ServiceStatus.fields.isSupervised, false),
  roundTripMs: v.optional(ServiceStatus.fields.roundTripMs, null),
  deliveredActionCount: v.optional(ServiceStatus.fields.deliveredActionCount, 0),
  queueTrouble: v.optional(ServiceStatus.fields.queueTrouble, null),
  parts: v.optional(v.pipe(v.array(reportedPart), v.maxLength(partsReportedMax)), []),
  connections: v.pipe(v.array(v.omit(v.strictObject(DeviceConnection.fields), ['service'])), v.maxLength(2_000)),
  rpcs: v.optional(v.pipe(v.array(v.strictObject(RpcStatus.fields)), v.maxLength(500)), []),
  watched: v.optional(
    v.record(v.pipe(v.string(), v.maxLength(200)), v.pipe(v.number(), v.integer(), v.minValue(0))),
    {},
  ),
})

type ServiceRow = TupleOf<typeof ServiceStatus>

/** A lost service stays visible this long. */
const lostKeptMs = 10 * 60_000
/** Whatever takes longer to come back did not just restart. */
const restartMsMax = 60_000

export function createStatusBoard(options: {
  clock: Clock
  onChange: (feed: string, change: ChangeEvent) => void
}): StatusBoard {
  const { clock, onChange } = options
  const services = createMemoryModel(ServiceStatus, { orderBy: ['name', 'startedAt'], onChange })
  const connections = createMemoryModel(DeviceConnection, { orderBy: ['service', 'since'], onChange })
  const projections = createMemoryModel(ProjectionStatus, { orderBy: ['plugin', 'name'], onChange })
  const rebuilds = createMemoryModel(RebuildStatus, { orderBy: ['startedAt'], onChange })
  const evidence = createMemoryModel(EvidenceStatus, { orderBy: ['id'], onChange })
  const reactors = createMemoryModel(ReactorStatus, { orderBy: ['plugin', 'name'], onChange })
  const parts = createMemoryModel(PartStatus, { orderBy: ['service', 'plugin'], onChange })
  const rpcs = createMemoryModel(RpcStatus, { orderBy: ['name', 'instanceName', 'seenBy'], onChange })
  const settings = createMemoryModel(SettingsStatus, { orderBy: ['title'], onChange })
  const jobQueues = createMemoryModel(JobQueueStatus, { orderBy: ['id'], onChange })
  const runningJobs = createMemoryModel(RunningJob, { orderBy: ['submittedAt'], onChange })
  const devices = createMemoryModel(Device, { orderBy: ['lastContactAt'], onChange })
  const store = createStoreBoard({ clock, onChange })
  /** By instance: lost services, until they are shown no more. */
  const timers = new Map<string, () => void>()
  const restarts = new Map<string, () => void>()
  /** By instance of those that are online: when logic first heard of it. */
  const firstSeenOf = new Map<string, number>()
  const watchedOf = new Map<string, Readonly<Record<string, number>>>()
  const connectionsOf = new Map<string, ReadonlySet<string>>()
  const rpcsOf = new Map<string, ReadonlySet<string>>()
  /** By instance: what each part of it was said to be, so that only what changed is told. */
  const partsOf = new Map<string, ReadonlyMap<string, string>>()

  const replaceConnections = (instance: string, rows: readonly TupleOf<typeof DeviceConnection>[]): void => {
    const ids = new Set(rows.map((row) => row.id))
    for (const id of connectionsOf.get(instance) ?? []) if (!ids.has(id)) connections.delete(id)
    for (const row of rows) connections.set(row)
    connectionsOf.set(instance, ids)
  }

  const replaceRpcs = (instance: string, rows: readonly TupleOf<typeof RpcStatus>[]): void => {
    const ids = new Set(rows.map((row) => row.id))
    for (const id of rpcsOf.get(instance) ?? []) if (!ids.has(id)) rpcs.delete(id)
    for (const row of rows) rpcs.set(row)
    rpcsOf.set(instance, ids)
  }

  const replaceParts = (instance: string, rows: readonly TupleOf<typeof PartStatus>[]): void => {
    const before = partsOf.get(instance)
    const texts = new Map(rows.map((row) => [row.id, JSON.stringify(row)]))
    for (const id of before?.keys() ?? []) if (!texts.has(id)) parts.delete(id)
    for (const row of rows) if (before?.get(row.id) !== texts.get(row.id)) parts.set(row)
    if (rows.length > 0) partsOf.set(instance, texts)
    else partsOf.delete(instance)
  }

  const rowOf = (instance: string) => [...services.rows()].find((row) => row.id === instance)

  /** One installation runs once: whoever was last heard of before another one of it came was replaced by that. */
  const isReplaced = (row: ServiceRow): boolean =>
    row.installation !== '' &&
    [...services.rows()].some(
      ({ id, name, installation }) =>
        id !== row.id &&
        name === row.name &&
        installation === row.installation &&
        (firstSeenOf.get(id) ?? 0) >= row.lastSeenAt,
    )
  const forgetReplaced = (): void => {
    for (const row of [...services.rows()])
      if (row.state === 'lost' && isReplaced(row)) {
        forgetLoss(row.id)
        services.delete(row.id)
      }
  }

  const forgetLoss = (instance: string): void => {
    timers.get(instance)?.()
    timers.delete(instance)
  }

  return {
    services,
    parts,
    projections,
    rebuilds,
    reactors,
    evidence,
    settings,
    jobQueues,
    runningJobs,
    devices,
    store,
    sources: [
      services.source,
      connections.source,
      projections.source,
      rebuilds.source,
      reactors.source,
      evidence.source,
      rpcs.source,
      settings.source,
      jobQueues.source,
      runningJobs.source,
      parts.source,
      devices.source,
      ...store.sources,
    ],
    names: [
      services.name,
      connections.name,
      projections.name,
      rebuilds.name,
      reactors.name,
      evidence.name,
      rpcs.name,
      settings.name,
      jobQueues.name,
      runningJobs.name,
      parts.name,
      devices.name,
      ...store.names,
    ],
    watchedSelectors: (observables) => {
      const counts = [...watchedOf.values()].flatMap((watched) => observables.map((name) => watched[name] ?? 0))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    jobPlaces: () =>
      [...services.rows()].reduce(
        (sum, { state, isDraining, placeCount }) => sum + (state === 'online' && !isDraining ? placeCount : 0),
        0,
      ),
    takeReport: (instance, text) => {
      const parsed = parseWith<v.InferOutput<typeof reportSchema>>(reportSchema, tryParseJson(text))
      if (!parsed.ok) throw new PlatformError('bad-input', `A status report is wrong: ${parsed.words}.`)
      const { connections: connected, watched, rpcs: calls, parts: pluginParts, ...service } = parsed.value
      if (service.id !== instance)
        throw new PlatformError('bad-input', `A report of ${service.id} came from ${instance}: wanted its own.`)
      forgetLoss(instance)
      watchedOf.set(instance, watched)
      replaceRpcs(
        instance,
        calls.filter(({ seenByInstance }) => seenByInstance === instance),
      )
      const restartingSince = rowOf(instance)?.restartingSince ?? null
      const row: ServiceRow = { ...service, restartingSince, state: 'online', lastSeenAt: clock.now() }
      services.set(row)
      if (!firstSeenOf.has(instance)) {
        firstSeenOf.set(instance, clock.now())
        forgetReplaced()
      }
      replaceParts(
        instance,
        pluginParts.map((part) => ({ ...part, id: `${instance}/${part.plugin}`, instance, service: service.name })),
      )
      replaceConnections(
        service.id,
        connected.map((device) => ({ ...device, service: service.name })),
      )
    },
    markLost: (instance) => {
      replaceConnections(instance, [])
      connectionsOf.delete(instance)
      replaceRpcs(instance, [])
      rpcsOf.delete(instance)
      watchedOf.delete(instance)
      replaceParts(instance, [])
      forgetLoss(instance)
      firstSeenOf.delete(instance)
      const service = rowOf(instance)
      if (!service) return
      if (isReplaced(service)) return services.delete(instance)
      services.set({ ...service, state: 'lost', sessionCount: 0, observationCount: 0 })
      const cancel = clock.after(lostKeptMs, () => {
        timers.delete(instance)
        services.delete(instance)
      })
      timers.set(instance, cancel)
    },
    noteRestart: (instance) => {
      const service = rowOf(instance)
      if (!service) return
      services.set({ ...service, restartingSince: clock.now() })
      restarts.get(instance)?.()
      restarts.set(
        instance,
        clock.after(restartMsMax, () => {
          restarts.delete(instance)
          const left = rowOf(instance)
          if (left) services.set({ ...left, restartingSince: null })
        }),
      )
    },
    stop: () => {
      for (const cancel of restarts.values()) cancel()
      for (const cancel of timers.values()) cancel()
    },
  }
}
