import * as v from 'valibot'
import type { ChangeEvent } from '#event-store/change-event.ts'
import type { Clock } from '#kernel/clock.ts'
import { createMemoryModel, type MemoryModel } from '#observable/source/memory-model.ts'
import type { PartialSource } from '#observable/source/snapshot-source.ts'
import { DeviceConnection, ProjectionStatus, ServiceStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'

/** What the admin app shows of the platform itself: services, connections and projections, as they report. */
export interface StatusBoard {
  readonly projections: MemoryModel<TupleOf<typeof ProjectionStatus>>
  readonly sources: readonly PartialSource[]
  readonly names: readonly string[]
  /** Takes a service's report (JSON text). Throws when it is malformed. */
  takeReport(text: string): void
  /** A service's link closed: it shows as lost, its devices as gone. */
  markLost(instance: string): void
  stop(): void
}

export const reportSchema = v.object({
  ...v.omit(v.strictObject(ServiceStatus.fields), ['state', 'lastSeenAt']).entries,
  connections: v.pipe(v.array(v.omit(v.strictObject(DeviceConnection.fields), ['service'])), v.maxLength(2_000)),
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
  const timers = new Set<() => void>()
  const connectionsOf = new Map<string, ReadonlySet<string>>()

  const replaceConnections = (instance: string, rows: readonly TupleOf<typeof DeviceConnection>[]): void => {
    const ids = new Set(rows.map((row) => row.id))
    for (const id of connectionsOf.get(instance) ?? []) if (!ids.has(id)) connections.delete(id)
    for (const row of rows) connections.set(row)
    connectionsOf.set(instance, ids)
  }

  return {
    projections,
    sources: [services.source, connections.source, projections.source],
    names: [services.name, connections.name, projections.name],
    takeReport: (text) => {
      const { connections: devices, ...service } = v.parse(reportSchema, JSON.parse(text))
      services.set({ ...service, state: 'online', lastSeenAt: clock.now() })
      replaceConnections(
        service.id,
        devices.map((device) => ({ ...device, service: service.name })),
      )
    },
    markLost: (instance) => {
      replaceConnections(instance, [])
      const service = [...services.rows()].find((row) => row.id === instance)
      if (!service) return
      services.set({ ...service, state: 'lost', sessionCount: 0, observationCount: 0 })
      const cancel = clock.after(lostKeptMs, () => {
        timers.delete(cancel)
        services.delete(instance)
      })
      timers.add(cancel)
    },
    stop: () => {
      for (const cancel of timers) cancel()
    },
  }
}
