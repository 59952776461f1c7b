import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { Random } from '#kernel/random.ts'
import type { ReactorDefinition } from './define-reactor.ts'
import type { PushAction, SubmitFromReactor } from './effects.ts'
import type { ReactorJournal } from './reactor-journal.ts'
import type { ReactorStatus } from './reactor-status.ts'

/** What a reactor needs from around it. */
export type ReactorOptions = {
  readonly definition: ReactorDefinition
  readonly store: EventStore
  readonly journal: ReactorJournal
  readonly push: PushAction
  /** Where it is not given, a reactor submits no jobs. */
  readonly submit?: SubmitFromReactor
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Aborted when this process leads no more: no effect begins after that, and those under way are told. */
  readonly lost?: AbortSignal
  readonly limits?: Partial<ReactorLimits>
  readonly onStatus?: (status: ReactorStatus) => void
  /** Another leader runs this reactor now: this process must stop leading. */
  readonly onLostLeadership?: () => void
}

/** Bounds of what one reactor holds in memory. */
export type ReactorLimits = {
  /** Events between the checkpoint and the newest one read: as many may be repeated after a crash. */
  readonly windowCountMax: number
  /** Entities with events that wait for a try. When there are more, nothing further is read until there are fewer. */
  readonly heldStreamsMax: number
  /** How long a stop lets effects under way finish. */
  readonly graceMs: number
}

export const reactorLimits: ReactorLimits = { windowCountMax: 1_000, heldStreamsMax: 10_000, graceMs: 1_500 }
