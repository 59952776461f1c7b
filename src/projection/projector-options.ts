import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { Random } from '#kernel/random.ts'
import type { Client } from '#storage/client.ts'
import type { WatchedFields } from './change-stream.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { ProjectionDefinition } from './define-projection.ts'
import type { ProjectionCode } from './projection-code.ts'
import type { ProjectorStatus } from './projector-status.ts'

/** What a projector needs from around it. */
export type ProjectorOptions = {
  readonly definition: ProjectionDefinition
  readonly store: EventStore
  readonly sql: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The leader's epoch: writes of an earlier leader are refused. */
  readonly epoch: number
  readonly watchedFields: WatchedFields
  /** Code of the version the tables have, where that is not the definition's. Without it they stand still. */
  readonly findKept?: (version: number) => Promise<ProjectionCode | undefined>
  /** Told at each start over tables that the definition did not make. */
  readonly onOutdated?: (checkpoint: Checkpoint) => void
  readonly onStatus?: (status: ProjectorStatus) => void
  /** Another leader writes this read model now: this process must stop leading. */
  readonly onLostLeadership?: () => void
}
