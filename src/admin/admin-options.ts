import type { Context } from 'hono'
import type { Audit } from '#audit/audit.ts'
import type { EventStore } from '#event-store/event-store.ts'
import type { StoreOperations } from '#event-store/store-operations.ts'
import type { EvidenceControl } from '#evidence/evidence-control.ts'
import type { JobControl } from '#job/job-control.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { SettingsControl } from '#plugin-host/settings/settings-control.ts'
import type { ParkingControl } from '#projection/parking-control.ts'
import type { Projector } from '#projection/projector.ts'
import type { RebuildControl } from '#projection/rebuild/rebuild-control.ts'
import type { Reactor } from '#reactor/reactor.ts'
import type { ProjectionStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import type { ApiKeyAccess } from './api-key-routes.ts'
import type { DeviceControl } from './device-control.ts'
import type { AdminLogin } from './login.ts'
import type { PastAccess } from './past-access.ts'
import type { PluginControl } from './plugin-control.ts'
import type { ServiceControl } from './service-control.ts'

/** What every route knows of its caller. */
export type AdminVariables = { Variables: { user: string } }

export type AdminApiOptions = {
  readonly login: AdminLogin
  readonly store: () => EventStore | undefined
  /** For looking after the event store. */
  readonly operations: () => StoreOperations | undefined
  readonly projectors: () => readonly Projector[]
  /** Undefined while this instance does not lead. */
  readonly rebuilds: () => RebuildControl | undefined
  readonly parking: () => ParkingControl | undefined
  /** Undefined while this instance does not lead. */
  readonly audit: () => Audit | undefined
  readonly evidence: () => EvidenceControl | undefined
  /** Where it is not given, no plugins run. */
  readonly plugins?: PluginControl
  /** What may be set for plugins; where it is not given, nothing can be. */
  readonly settings?: SettingsControl
  /** For asking what was; where it is not given, nobody can be asked. */
  readonly past?: PastAccess
  /** Keys of programs outside; where it is not given, there are none. */
  readonly apiKeys?: ApiKeyAccess
  /** Those that run here: none while this instance does not lead. */
  readonly reactors: () => readonly Reactor[]
  /** Undefined while this instance does not lead; where it is not given, nobody keeps jobs. */
  readonly jobs?: () => JobControl | undefined
  /** What runs, where, and what can be said to it; where it is not given, nobody can be asked. */
  readonly services?: ServiceControl
  /** Devices of people; where it is not given, nobody keeps account of them. */
  readonly devices?: DeviceControl
  /** How far behind each projection is and how fast it goes, as looked at a moment ago. */
  readonly progress: () => Iterable<TupleOf<typeof ProjectionStatus>>
  /** The caller's network address. */
  readonly addressOf: (context: Context) => string
  readonly clock: Clock
  readonly instance: string
  readonly log: Log
}
