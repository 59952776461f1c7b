/** Parked events that failed in the same way: one line on the page, one decision for all of them where that fits. */
export type ParkedGroup = {
  /** The same for the same failure of the same kind of event, whatever ids and numbers are in its words. */
  readonly fingerprint: string
  readonly projection: string
  readonly type: string
  readonly words: string
  /** Events that failed themselves, those parked behind them, and the entities both belong to. */
  readonly failedCount: number
  readonly behindCount: number
  readonly entityCount: number
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
  readonly type: string
  readonly words: string
  readonly parkedCount: number
  readonly parkedAt: number
}

/** How a retry or a replay went. */
export type UnparkedOutcome = {
  readonly projectedCount: number
  readonly skippedCount: number
  readonly stillParkedCount: number
  /** Why what is still parked failed again; null when nothing is. */
  readonly words: string | null
}

export type ParkingDecision = { readonly projection: string; readonly by: string; readonly reason: string }

/**
 * What may be done about parked events (P5), on the logic that leads. Every decision is in the log before it happens.
 *
 * Errors: `not-found`, `bad-input` (a skip without a reason), `unavailable`, `already-running`.
 */
export interface ParkingControl {
  groups(projection?: string): Promise<readonly ParkedGroup[]>
  entities(page: {
    readonly projection: string
    readonly fingerprint?: string
    readonly after: string | null
    readonly countMax: number
  }): Promise<readonly ParkedEntity[]>
  /** Projects the parked events of an entity, or of every entity of a group, again, in order. */
  retry(
    what: { readonly stream: string } | { readonly fingerprint: string },
    by: ParkingDecision,
  ): Promise<UnparkedOutcome>
  /** Leaves out the entity's first parked event for good, also in every later rebuild, and projects the rest. */
  skip(what: { readonly stream: string; readonly eventId: string }, by: ParkingDecision): Promise<UnparkedOutcome>
  /** Folds all rows the entity's events touch anew from the log, exactly as a full rebuild would. */
  replay(what: { readonly stream: string }, by: ParkingDecision): Promise<UnparkedOutcome>
}
