import { must } from '#kernel/assert.ts'
import type { JobPriority, JobRetry } from '../define-job.ts'
import type { JobEvent } from '../job-events.ts'
import type { JobCause } from '../job-log.ts'
import { evolveJob } from '../job-state.ts'
import { nextTryDelayMs } from '../next-try-delay.ts'
import {
  type KeptJob,
  type KnownJob,
  leaseMsOf,
  type Times,
  toKept,
  toKeptNews,
  turnOf,
  wakeAgainMs,
} from './kept-job.ts'
import { createWaitingLane, laneCountMax as laneCountDefault, type WaitingLane } from './waiting-lane.ts'

/** What the keeper would do to a job, as of the revision it knows. */
export type KeeperStep =
  /** A worker may take it: now, or still, since nobody seems to have heard. */
  | { readonly do: 'ready'; readonly job: KeptJob; readonly tryNumber: number }
  /** Its lease is over. `nextAt` null: it had its last try, and parks. */
  | { readonly do: 'expire'; readonly job: KeptJob; readonly lease: string; readonly nextAt: number | null }
  | { readonly do: 'park'; readonly job: KeptJob; readonly triesMax: number }
  | { readonly do: 'cancel'; readonly job: KeptJob }

/** An event of a job's stream. */
export type KeptEvent = {
  readonly jobId: string
  readonly job: string
  readonly revision: number
  readonly recordedAt: number
  readonly event: JobEvent
  /** What the job comes from, if it begins with this event. */
  readonly cause: JobCause
}

export type QueueRules = { readonly retry: JobRetry; readonly concurrencyMax: number | null }

export type Situation = {
  readonly at: Times
  /** Jobs at a time that all workers together have room for. */
  readonly placeCount: number
  /** So many more of a queue may be ready, as it is fast. */
  readonly aheadOf?: (job: string) => number
  /** Undefined: nobody here knows the job, so that it waits. */
  readonly rulesOf: (job: string) => QueueRules | undefined
  readonly isPaused: (job: string) => boolean
  readonly stepsMax: number
}

/**
 * What is to be done about jobs that are not over: the keeper's memory and its decisions, without a clock or a store.
 *
 * Promises: a step is given once until `settle` says how it went; one whose append finds the job changed harms nothing,
 * since each carries the revision it was decided at. Waiting jobs are kept up to a bound a queue and priority.
 */
export interface KeeperState {
  /** False: the job is not here and more must be read of it, unless it is over by then. */
  take(event: KeptEvent, at: Times): boolean
  /** From its row or its stream; older knowledge than what is here changes nothing. */
  learn(known: KnownJob, at: Times): void
  decide(situation: Situation): readonly KeeperStep[]
  /**
   * How a step went, or what was read of a job: its events were told by `take`, or what was found instead is this. `over`: nothing further is to be done about it.
   */
  settle(jobId: string, found: 'done' | 'over' | KnownJob, at: Times): void
  find(jobId: string): KeptJob | undefined
  /** Ready, or with a worker. */
  active(): Iterable<KeptJob>
  activeCount(job?: string): number
  /** Queues and priorities with more waiting jobs than are here, that soon have none here any more. */
  lanesToFill(at: Times): readonly LaneName[]
  /**
   * Those first ones that wait, in place of what was known; `hasMore`: these are not all; `isBehind`: whoever says so has not
   * heard yet of all that was told here.
   */
  fillLane(lane: LaneName, found: FoundLane, at: Times): void
}

export type FoundLane = {
  readonly first: readonly KnownJob[]
  readonly hasMore: boolean
  readonly isBehind: boolean
}
export type LaneName = { readonly job: string; readonly priority: JobPriority }

const wakeDoublingsMax = 3
/** A worker renews its lease at a third of it; this much more is for the way of its append to here. */
export const leaseGraceMs = 3_000
/** Ready jobs beyond those that have a place, so that a worker never waits for the next one. */
const placesAhead = 2
/** Nothing further begins where so many are ready and nobody takes them. */
const unheardMax = 1_000

export function createKeeperState({
  laneCountMax = laneCountDefault,
}: {
  readonly laneCountMax?: number
} = {}): KeeperState {
  /** Waiting ones are in lanes too; ready and leased ones in `active`. */
  const jobs = new Map<string, KeptJob>()
  const lanes = new Map<string, { readonly name: LaneName; readonly lane: WaitingLane }>()
  const active = new Map<string, KeptJob>()
  const activeByJob = new Map<string, number>()
  const cancelling = new Set<string>()
  const underWay = new Set<string>()
  /** Ready ones that nobody took although there were places, and how often they were told of: perhaps no worker can run them. */
  const unheard = new Map<string, number>()
  let placesBefore = 0

  const laneOf = ({ job, priority }: LaneName): WaitingLane => {
    const key = `${job} ${priority}`
    // Room for those that come before the last one of a filling.
    const found = lanes.get(key) ?? { name: { job, priority }, lane: createWaitingLane(2 * laneCountMax) }
    lanes.set(key, found)
    return found.lane
  }
  const count = (job: string, by: 1 | -1): void => {
    const left = (activeByJob.get(job) ?? 0) + by
    if (left === 0) activeByJob.delete(job)
    else activeByJob.set(job, left)
  }

  const remove = (jobId: string): void => {
    const known = jobs.get(jobId)
    if (!known) return
    jobs.delete(jobId)
    cancelling.delete(jobId)
    unheard.delete(jobId)
    if (active.delete(jobId)) count(known.state.job, -1)
    else laneOf(known.state).remove(jobId)
  }
  const put = (job: KeptJob): void => {
    const { stage, cancelRequested } = job.state
    const unheardCount = stage.at === 'ready' ? unheard.get(job.jobId) : undefined
    remove(job.jobId)
    if (unheardCount !== undefined) unheard.set(job.jobId, unheardCount)
    if (stage.at === 'ready' || stage.at === 'leased') {
      active.set(job.jobId, job)
      count(job.state.job, 1)
    } else if (stage.at === 'waiting') {
      if (!laneOf(job.state).add(job)) return
      // Its last try ended before the worker heard that it was to be cancelled.
    } else if (stage.at !== 'parked' || !cancelRequested) return
    jobs.set(job.jobId, job)
    if (cancelRequested && stage.at !== 'leased') cancelling.add(job.jobId)
  }

  const stepForActive = (job: KeptJob, hasPlace: boolean, { at, rulesOf }: Situation): KeeperStep | undefined => {
    const { stage, tryCount } = job.state
    const sinceMs = at.steady - job.learnedAt
    if (stage.at === 'ready') {
      // Where every place is taken nobody has missed anything, and what nobody knows here nobody runs.
      const againMs = wakeAgainMs * 2 ** Math.min(wakeDoublingsMax, unheard.get(job.jobId) ?? 0)
      const isLost = sinceMs >= againMs && hasPlace && rulesOf(job.state.job) !== undefined
      return isLost ? { do: 'ready', job, tryNumber: tryCount } : undefined
    }
    if (stage.at !== 'leased' || sinceMs <= leaseMsOf(job) + leaseGraceMs) return undefined
    const rules = rulesOf(job.state.job)
    const isLast = rules !== undefined && tryCount >= rules.retry.triesMax
    const nextAt = isLast ? null : at.wall + (rules ? nextTryDelayMs(rules.retry, tryCount) : 0)
    return { do: 'expire', job, lease: stage.lease, nextAt }
  }
  const leasedCount = (): number => {
    let leased = 0
    for (const { state } of active.values()) if (state.stage.at === 'leased') leased++
    return leased
  }

  /** Of all queues that may begin one, the job whose turn it is. */
  const nextToBegin = ({ at, rulesOf, isPaused }: Situation): KeeperStep | undefined => {
    let first: KeptJob | undefined
    for (const { name, lane } of lanes.values()) {
      const rules = rulesOf(name.job)
      if (!rules || isPaused(name.job)) continue
      if ((activeByJob.get(name.job) ?? 0) >= (rules.concurrencyMax ?? Infinity)) continue
      let job = lane.next(at)
      for (; job && underWay.has(job.jobId); job = lane.next(at)) lane.remove(job.jobId)
      if (job && (!first || turnOf(job) < turnOf(first))) first = job
    }
    if (!first) return undefined
    const { triesMax } = must(rulesOf(first.state.job), 'its queue has rules').retry
    const { tryCount } = first.state
    return tryCount >= triesMax
      ? { do: 'park', job: first, triesMax }
      : { do: 'ready', job: first, tryNumber: tryCount + 1 }
  }

  return {
    find: (jobId) => jobs.get(jobId),
    active: () => active.values(),
    activeCount: (job) => (job === undefined ? active.size : (activeByJob.get(job) ?? 0)),
    learn: (known, at) => {
      const here = jobs.get(known.jobId)
      if (!here || here.revision < known.revision) put(toKept(known, at))
    },
    take: ({ jobId, revision, recordedAt, event, cause }, at) => {
      const here = jobs.get(jobId)
      if (here && revision <= here.revision) return true
      if (!here && event.type !== 'peek.JobSubmitted') return isEnd(event)
      if (here && revision !== here.revision + 1) return false
      const state = evolveJob(here?.state, event)
      if (!state) return true
      const begun = event.type === 'peek.JobSubmitted' ? undefined : here
      const { submittedAt } = begun ?? { submittedAt: recordedAt }
      // What it waits for, or who has it, stays as it was.
      if (event.type === 'peek.JobCancelRequested' && here) put({ ...here, state, revision })
      else
        put(
          toKeptNews({ jobId, state, revision, submittedAt, changedAt: recordedAt, cause: begun?.cause ?? cause }, at),
        )
      return true
    },
    decide: (situation) => {
      const steps: KeeperStep[] = []
      const { at, placeCount, stepsMax, aheadOf = () => 0 } = situation
      const give = (step: KeeperStep): void => {
        underWay.add(step.job.jobId)
        steps.push(step)
      }
      const hasPlace = leasedCount() < placeCount
      if (placeCount > placesBefore) for (const jobId of unheard.keys()) unheard.set(jobId, 0)
      placesBefore = placeCount
      for (const jobId of cancelling) {
        const job = jobs.get(jobId)
        if (steps.length < stepsMax && job && !underWay.has(jobId)) give({ do: 'cancel', job })
      }
      for (const job of active.values()) {
        const step =
          underWay.has(job.jobId) || steps.length >= stepsMax ? undefined : stepForActive(job, hasPlace, situation)
        if (!step) continue
        if (step.do === 'ready') unheard.set(job.jobId, (unheard.get(job.jobId) ?? 0) + 1)
        give(step)
      }
      // Those that nobody can run do not stand in the way of the others.
      const hasRoomFor = (job: string): boolean => {
        const countMax = placeCount === 0 ? 0 : placeCount * placesAhead + aheadOf(job)
        return active.size - unheard.size < countMax && active.size < countMax + unheardMax
      }
      while (steps.length < stepsMax) {
        const step = nextToBegin(situation)
        if (!step || !hasRoomFor(step.job.state.job)) break
        // Out of its lane until its stream says how it went, so that nobody counts on the place it takes.
        if (step.do === 'ready') put(asReady(step.job, step.tryNumber, at))
        else laneOf(step.job.state).remove(step.job.jobId)
        give(step)
      }
      return steps
    },
    settle: (jobId, found, at) => {
      underWay.delete(jobId)
      if (found === 'done') return
      // At the same revision, what is here is what the step would have made of it.
      const here = jobs.get(jobId)
      if (here && found !== 'over' && here.revision > found.revision) return
      remove(jobId)
      if (found !== 'over') put(toKept(found, at))
    },
    lanesToFill: (at) =>
      [...lanes.values()].flatMap(({ name, lane }) => (lane.isToFill(at, laneCountMax / 4) ? [name] : [])),
    fillLane: (name, { first, hasMore, isBehind }, at) => {
      const lane = laneOf(name)
      const before = lane.clear().flatMap((jobId) => jobs.get(jobId) ?? [])
      for (const { jobId } of before) jobs.delete(jobId)
      const last = hasMore ? first.at(-1) : undefined
      lane.beginFilling(last && turnOf(last), isBehind)
      const older = new Map(before.map((job) => [job.jobId, job]))
      for (const one of first) {
        const here = older.get(one.jobId) ?? jobs.get(one.jobId)
        older.delete(one.jobId)
        put(here && here.revision >= one.revision ? here : toKept(one, at))
      }
      for (const job of older.values()) put(job)
    },
  }
}

/** What it is once the step is in its stream; until then at the revision before, so that what is read counts. */
function asReady(job: KeptJob, tryNumber: number, at: Times): KeptJob {
  return { ...job, learnedAt: at.steady, state: { ...job.state, tryCount: tryNumber, stage: { at: 'ready' } } }
}

function isEnd({ type }: JobEvent): boolean {
  return type === 'peek.JobSucceeded' || type === 'peek.JobCancelled' || type === 'peek.JobParked'
}
