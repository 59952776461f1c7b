import * as v from 'valibot'
import type { ChangeEvent } from '#event-store/change-event.ts'
import type { Clock } from '#kernel/clock.ts'
import { tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createMemoryModel, type MemoryModel } from '#observable/source/memory-model.ts'
import type { PartialSource } from '#observable/source/snapshot-source.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import {
  DeviceConnection,
  EvidenceStatus,
  ProjectionStatus,
  ReactorStatus,
  RebuildStatus,
  ServiceStatus,
} from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { createStoreBoard, type StoreBoard } from './store-board.ts'

/** What the admin app shows of the platform itself: services, connections, projections, the event store, as they report. */
export interface StatusBoard {
  readonly projections: MemoryModel<TupleOf<typeof ProjectionStatus>>
  readonly rebuilds: MemoryModel<TupleOf<typeof RebuildStatus>>
  readonly reactors: MemoryModel<TupleOf<typeof ReactorStatus>>
  readonly evidence: MemoryModel<TupleOf<typeof EvidenceStatus>>
  readonly store: StoreBoard
  /** Selectors watched now of these observables, on every service that reports. */
  watchedSelectors(observables: readonly string[]): number
  readonly sources: readonly PartialSource[]
  readonly names: readonly string[]
  /** Takes the report (JSON text) of a service. Throws `bad-input` when it is malformed or speaks for another one. */
  takeReport(instance: string, text: string): void
  /** A service's link closed: it shows as lost, its devices as gone. */
  markLost(instance: string): void
  stop(): void
}

export const reportSchema = v.object({
  ...v.omit(v.strictObject(ServiceStatus.fields), ['state', 'lastSeenAt']).entries,
  connections: v.pipe(v.array(v.omit(v.strictObject(DeviceConnection.fields), ['service'])), v.maxLength(2_000)),
  watched: v.optional(
    v.record(v.pipe(v.string(), v.maxLength(200)), v.pipe(v.number(), v.integer(), v.minValue(0))),
    {},
  ),
})

/** A lost service stays visible this long. */
const lostKeptMs = 10 * 60_000

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
  const store = createStoreBoard({ clock, onChange })
  /** By instance: lost services, until they are shown no more. */
  const timers = new Map<string, () => void>()
  const watchedOf = new Map<string, Readonly<Record<string, number>>>()
  const connectionsOf = new Map<string, ReadonlySet<string>>()

  const replaceConnections = (instance: string, rows: readonly TupleOf<typeof DeviceConnection>[]): void => {
    const ids = new Set(rows.map((row) => row.id))
    for (const id of connectionsOf.get(instance) ?? []) if (!ids.has(id)) connections.delete(id)
    for (const row of rows) connections.set(row)
    connectionsOf.set(instance, ids)
  }

  const forgetLoss = (instance: string): void => {
    timers.get(instance)?.()
    timers.delete(instance)
  }

  return {
    projections,
    rebuilds,
    reactors,
    evidence,
    store,
    sources: [
      services.source,
      connections.source,
      projections.source,
      rebuilds.source,
      reactors.source,
      evidence.source,
      ...store.sources,
    ],
    names: [
      services.name,
      connections.name,
      projections.name,
      rebuilds.name,
      reactors.name,
      evidence.name,
      ...store.names,
    ],
    watchedSelectors: (observables) => {
      const counts = [...watchedOf.values()].flatMap((watched) => observables.map((name) => watched[name] ?? 0))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    takeReport: (instance, text) => {
      const parsed = parseWith<v.InferOutput<typeof reportSchema>>(reportSchema, tryParseJson(text))
      if (!parsed.ok) throw new PlatformError('bad-input', `A status report is wrong: ${parsed.words}.`)
      const { connections: devices, watched, ...service } = parsed.value
      if (service.id !== instance)
        throw new PlatformError('bad-input', `A report of ${service.id} came from ${instance}: wanted its own.`)
      forgetLoss(instance)
      watchedOf.set(instance, watched)
      services.set({ ...service, state: 'online', lastSeenAt: clock.now() })
      replaceConnections(
        service.id,
        devices.map((device) => ({ ...device, service: service.name })),
      )
    },
    markLost: (instance) => {
      replaceConnections(instance, [])
      connectionsOf.delete(instance)
      watchedOf.delete(instance)
      forgetLoss(instance)
      const service = [...services.rows()].find((row) => row.id === instance)
      if (!service) return
      services.set({ ...service, state: 'lost', sessionCount: 0, observationCount: 0 })
      const cancel = clock.after(lostKeptMs, () => {
        timers.delete(instance)
        services.delete(instance)
      })
      timers.set(instance, cancel)
    },
    stop: () => {
      for (const cancel of timers.values()) cancel()
    },
  }
}
