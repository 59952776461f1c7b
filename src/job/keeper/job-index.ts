import type { Position } from '#kernel/position.ts'
import type { LaneName } from './keeper-state.ts'
import type { KnownJob } from './kept-job.ts'

/**
 * What the keeper asks of the read model of jobs.
 *
 * Promises: `loadOpen` is one state of it, at a named position. Rejects with `unavailable` while there is no read model.
 */
export interface JobIndex {
  loadOpen(countMax: number): Promise<OpenJobs>
  /** Those of a queue and priority that wait: the first ones whose turn comes. */
  loadLane(name: LaneName, countMax: number): Promise<FirstJobs & { readonly position: Position }>
  /** Whose time to be kept is over, the oldest first. */
  findForgettable(options: {
    readonly endedBefore: number
    /** The same for those that a schedule submitted. */
    readonly scheduledEndedBefore: number
    readonly countMax: number
  }): Promise<readonly ForgettableJob[]>
}

export type FirstJobs = { readonly first: readonly KnownJob[]; readonly hasMore: boolean }
export type OpenJobs = {
  readonly position: Position
  /** Ready, with a worker and how far these say they are, or parked although somebody has asked for its end. */
  readonly active: readonly (KnownJob & { readonly progress: JobProgress | undefined })[]
  readonly waiting: readonly (FirstJobs & { readonly name: LaneName })[]
  readonly queues: readonly KnownQueue[]
}
export type JobProgress = {
  readonly workerName: string
  readonly startedAt: number
  readonly share: number | null
  readonly words: string | null
}
export type KnownQueue = {
  readonly job: string
  readonly isPaused: boolean
  /** The schedule it was last seen with, and up to which instant that was looked after; null before its first one. */
  readonly schedule: string | null
  readonly scheduledUpTo: number | null
}
export type ForgettableJob = {
  readonly job: string
  readonly jobId: string
  readonly leases: readonly string[]
  /** Where its events are found, of one that a schedule submitted and no person had a hand in. */
  readonly positions: readonly string[]
}
