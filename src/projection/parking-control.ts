/** Parked events that failed in the same way: one line on the page, one decision for all of them where that fits. */
export type ParkedGroup = {
  /** The same for the same failure of the same kind of event, whatever ids and numbers are in its words. */
  readonly fingerprint: string
  readonly projection: string
  readonly type: string
  /** Of the oldest failure. */
  readonly words: string
  /** Entities, each with one event that failed, and the events parked behind those. */
  readonly entityCount: number
  readonly behindCount: number
  readonly firstAt: number
  readonly lastAt: number
}

export type ParkedEntity = {
  readonly projection: string
  readonly stream: string
  readonly fingerprint: string
  /** The event that failed, the first of the stream that is parked. */
  readonly eventId: string
  readonly position: string
  readonly revision: number
  readonly type: string
  readonly words: string
  /** The action it belongs to, whose event has the same id, and who pushed that. */
  readonly actionId: string | null
  readonly actionUser: string | null
  readonly parkedCount: number
  readonly parkedAt: number
}

/** How a retry, a skip or a replay went. */
export type UnparkedOutcome = {
  /** Events that were parked and are in the rows now; of a replay, all events that were folded. */
  readonly projectedCount: number
  readonly skippedCount: number
  /** Parked events that the log does not hold any more, or that no handler wants any more. */
  readonly goneCount: number
  /** Rows that are different from before. */
  readonly changedRowCount: number
  readonly stillParkedCount: number
  /** Why what is still parked failed again; null when nothing is. */
  readonly words: string | null
}

export type ParkingDecision = { readonly projection: string; readonly by: string; readonly reason: string }

/** What was asked for, and how far it is. */
export type ParkingWork = ParkingDecision & {
  readonly id: string
  readonly kind: 'retry' | 'skip' | 'replay'
  /** One of both: the entity, or the group. */
  readonly stream: string | null
  readonly fingerprint: string | null
  readonly state: 'running' | 'done' | 'cancelled' | 'failed'
  /** Entities of a retry, events read of a replay; `totalCount` is an estimate where new ones come meanwhile. */
  readonly doneCount: number
  readonly totalCount: number
  readonly outcome: UnparkedOutcome | null
  readonly error: string | null
  readonly startedAt: number
  readonly endedAt: number | null
}

/**
 * What may be done about parked events (P5), on the logic that leads. Every decision is in the log before it happens.
 * Work is done beside live projecting, in steps between its batches; one at a time a projection.
 *
 * `retry`, `skip` and `replay` resolve when the decision is recorded and the work begun; `finished` waits for its end.
 * Errors: `not-found` (no such projection, nothing parked there), `bad-input` (a skip without a reason, or of another
 * event than the first), `unavailable` (the projector does not run), `already-running` (other work, or a rebuild).
 */
export interface ParkingControl {
  groups(projection?: string): Promise<readonly ParkedGroup[]>
  entities(page: {
    readonly projection: string
    readonly fingerprint?: string
    /** The position of the last entity of the page before. */
    readonly after: string | null
    readonly countMax: number
  }): Promise<readonly ParkedEntity[]>
  /** Projects the parked events of an entity, or of every entity of a group, again, in order. */
  retry(what: { readonly stream: string } | { readonly fingerprint: string }, by: ParkingDecision): Promise<ParkingWork>
  /** Leaves out the entity's first parked event for good, also in every later rebuild, and projects the rest. */
  skip(what: { readonly stream: string; readonly eventId: string }, by: ParkingDecision): Promise<ParkingWork>
  /** Folds all rows the entity's events touch anew from the log, exactly as a full rebuild would. */
  replay(what: { readonly stream: string }, by: ParkingDecision): Promise<ParkingWork>
  /** What runs, and what ended lately, newest first. */
  works(projection: string): readonly ParkingWork[]
  finished(id: string): Promise<ParkingWork>
  /** What was committed stays; the rest stays parked. */
  cancel(id: string, by: string): Promise<void>
  stop(): Promise<void>
}
