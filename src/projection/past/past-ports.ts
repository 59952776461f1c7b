import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { Client } from '#storage/client.ts'
import type { ProjectionDefinition } from '../define-projection.ts'
import type { KeptProjectionCode } from '../projection-code.ts'

/** What answering about the past needs from around it. */
export type PastPorts = {
  /** With `synchronous_commit` off: rows and how far they are go back together. */
  readonly sql: Client
  readonly store: Pick<EventStore, 'readLog' | 'head'>
  /** Of today's code. */
  readonly definitions: readonly ProjectionDefinition[]
  /** For replays through an earlier version. */
  readonly keptCode?: KeptProjectionCode
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<PastLimits>
}

export type PastLimits = {
  /** Events between two copies, at least; more where a table is large. */
  readonly spacingMin: number
  /** Events folded for one question without walking the history first. */
  readonly directCountMax: number
  /** What all copies together may take on the disk. */
  readonly copiesSizeBytesMax: number
  /** How long a question waits before it is told how far its answer is. */
  readonly waitMs: number
}

export const pastLimitsDefault: PastLimits = {
  spacingMin: 15_000,
  directCountMax: 30_000,
  copiesSizeBytesMax: 4_000_000_000,
  waitMs: 1_500,
}
