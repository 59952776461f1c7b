import type { RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { parseStreamName } from '#event-store/stream-name.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import { comparePositions } from '#kernel/position.ts'
import type { JobPriority } from '../define-job.ts'
import { parseJobEvent } from '../job-events.ts'
import { causeOf, type JobWriter } from '../job-log.ts'
import { parseJobQueueEvent } from '../job-queue-events.ts'
import { carryOut, readAgain } from './carry-out.ts'
import { startForgetting } from './forget-jobs.ts'
import type { JobProgress, OpenJobs } from './job-index.ts'
import { createJobSchedules } from './job-schedules.ts'
import type { KeeperOptions } from './keeper.ts'
import { createKeeperState, type KeeperStep, type QueueRules } from './keeper-state.ts'
import type { Times } from './kept-job.ts'
import { createOutcomeRates } from './outcome-rates.ts'
import { createQueuePace } from './queue-pace.ts'
import { createSteadyTime } from './steady-time.ts'
import { submitDue } from './submit-due.ts'

/** One life of the keeper: from the read model, along the log, until it is stopped or fails. */
export interface KeeperRun {
  take(events: readonly RecordedEvent[]): void
  /** Nothing is done about jobs before all that was recorded is known. */
  setLive(isLive: boolean): void
  /** Rejects when it cannot go on. */
  readonly failed: Promise<never>
  queues(): readonly QueueLook[]
  running(countMax: number): readonly RunningJob[]
  stop(): Promise<void>
}

/** A queue as the keeper sees it; counts of what is over are the read model's. */
export type QueueLook = {
  readonly job: string
  readonly isPaused: boolean
  readonly activeCount: number
  readonly concurrencyMax: number | null
  readonly schedule: string | null
  readonly nextAt: number | null
  readonly trouble: string | null
  readonly succeededPerMinute: number
  readonly failedPerMinute: number
}

export type RunningJob = {
  readonly jobId: string
  readonly job: string
  readonly isLeased: boolean
  readonly priority: JobPriority
  readonly tryNumber: number
  readonly submittedAt: number
  readonly isCancelling: boolean
  readonly progress: JobProgress | undefined
}

const tickMs = 1_000
const confirmMs = 1_000
const stepsAtOnceMax = 64
const readAtOnceMax = 32
/** Jobs to be read again beyond this many are left to the next life. */
const toReadMax = 20_000
const fillAgainMs = 2_000

export function startKeeperRun(
  options: KeeperOptions & { readonly open: OpenJobs; readonly onTrouble: (words: string | null) => void },
): KeeperRun {
  const { store, index, open, clock, log, definitions, laneCountMax = 2_000 } = options
  const state = createKeeperState({ laneCountMax })
  const steady = createSteadyTime(clock)
  const times = (): Times => ({ wall: clock.now(), steady: steady.now() })
  const rules = new Map<string, QueueRules>(definitions.map((definition) => [definition.name, definition]))
  const paused = new Set<string>()
  const schedules = createJobSchedules(definitions, log)
  const rates = createOutcomeRates()
  const pace = createQueuePace()
  const progress = new Map<string, JobProgress>()
  const toRead = new Map<string, string>()
  /** Streams of jobs that began anew behind forgotten ones. */
  const toKeep = new Set<string>()
  const failed = createDeferred<never>()
  failed.promise.catch(() => undefined)
  const writer: JobWriter = { user: 'peek', instance: options.instance, service: 'logic' }
  let isLive = false
  let isStopping = false
  let isKicked = false
  /** Of the last event of a job; the read model may be behind it. */
  let takenUpTo = open.position
  let working: Promise<void> | undefined
  let confirmedAt: number | undefined
  let filledAt = Number.NEGATIVE_INFINITY
  let cancelTick = (): void => undefined

  for (const one of open.active) {
    state.learn(one, times())
    if (one.progress) progress.set(one.jobId, one.progress)
  }
  for (const { name, first, hasMore } of open.waiting)
    state.fillLane(name, { first, hasMore, isBehind: false }, times())
  for (const queue of open.queues) {
    if (queue.isPaused) paused.add(queue.job)
    schedules.take(queue)
  }
  const forgetting = startForgetting({ ...options, writer })

  const takeQueueEvent = (recorded: RecordedEvent): void => {
    const event = parseJobQueueEvent(recorded)
    if (event?.type === 'peek.JobQueuePaused') paused.add(event.data.job)
    if (event?.type === 'peek.JobQueueResumed') paused.delete(event.data.job)
    if (event?.type === 'peek.JobScheduleBegun')
      schedules.take({ job: event.data.job, schedule: event.data.schedule, scheduledUpTo: event.data.at })
  }

  const takeJobEvent = (recorded: RecordedEvent, job: string, jobId: string, at: Times): void => {
    const event = parseJobEvent(recorded)
    const recordedAt = parseMetadata(recorded.metadata).recordedAt ?? recorded.storedAt
    if (!event) {
      if (state.find(jobId)) read(job, jobId)
      return
    }
    if (!state.take({ jobId, job, revision: recorded.revision, recordedAt, event, cause: causeOf(recorded) }, at))
      read(job, jobId)
    if (event.type === 'peek.JobSubmitted' && recorded.revision > 0) toKeep.add(recorded.stream)
    noteProgress(jobId, event, recordedAt)
    if (!isLive) return
    if (event.type === 'peek.JobSucceeded' || event.type === 'peek.JobTryFailed') pace.note(job, at.steady)
    if (event.type === 'peek.JobSucceeded') rates.add(`${job} succeeded`, at.wall)
    if (event.type === 'peek.JobTryFailed' || event.type === 'peek.JobLeaseExpired') rates.add(`${job} failed`, at.wall)
  }
  const noteProgress = (jobId: string, event: NonNullable<ReturnType<typeof parseJobEvent>>, at: number): void => {
    const known = progress.get(jobId)
    if (event.type === 'peek.JobLeased')
      progress.set(jobId, { workerName: event.data.workerName, startedAt: at, share: null, words: null })
    else if (event.type === 'peek.JobProgressed') {
      if (known)
        progress.set(jobId, {
          ...known,
          share: event.data.share ?? known.share,
          words: event.data.words ?? known.words,
        })
    } else if (event.type !== 'peek.JobCancelRequested') progress.delete(jobId)
  }
  const read = (job: string, jobId: string): void => {
    if (toRead.size < toReadMax || toRead.has(jobId)) toRead.set(jobId, job)
    else failed.reject(new Error(`more than ${toReadMax} jobs are to be looked at again`))
  }

  const readSome = async (): Promise<void> => {
    const some = [...toRead].slice(0, readAtOnceMax)
    await Promise.all(
      some.map(async ([jobId, job]) => {
        const found = await readAgain(store, job, jobId)
        toRead.delete(jobId)
        state.settle(jobId, found, times())
      }),
    )
  }
  const fillLanes = async (): Promise<void> => {
    const at = times()
    const names = state.lanesToFill(at)
    if (names.length === 0 || Math.abs(at.steady - filledAt) < fillAgainMs) return
    filledAt = at.steady
    for (const name of names) {
      const { first, hasMore, position } = await index.loadLane(name, laneCountMax)
      const isBehind = comparePositions(position, takenUpTo) < 0
      state.fillLane(name, { first, hasMore, isBehind }, times())
    }
  }
  const confirm = async (): Promise<void> => {
    const { steady: now } = times()
    if (confirmedAt !== undefined && now - confirmedAt < confirmMs) return
    await options.confirmLeading()
    confirmedAt = now
  }

  const take = async (step: KeeperStep): Promise<void> => {
    const { jobId, state: known } = step.job
    try {
      const done = await carryOut(step, { store, writer, clock })
      const at = times()
      if ('found' in done) return state.settle(jobId, done.found, at)
      const { events, firstRevision, recordedAt } = done
      const common = { jobId, job: known.job, recordedAt, cause: step.job.cause }
      for (const [place, event] of events.entries())
        state.take({ ...common, revision: firstRevision + place, event }, at)
      state.settle(jobId, 'done', at)
    } catch (error) {
      // Whether it was appended nobody knows: the stream says so when it can be read.
      state.settle(jobId, 'done', times())
      read(known.job, jobId)
      throw error
    }
  }

  const work = async (): Promise<void> => {
    while (isKicked && isLive && !isStopping) {
      isKicked = false
      await confirm()
      while (toRead.size > 0 && !isStopping) await readSome()
      await fillLanes()
      for (const stream of toKeep) {
        await store.keep(stream, {})
        toKeep.delete(stream)
      }
      await submitDue({ ...options, schedules, writer, isPaused: (job) => paused.has(job) })
      const at = times()
      const steps = state.decide({
        at,
        placeCount: options.placeCount(),
        aheadOf: (job) => pace.aheadOf(job, at.steady),
        rulesOf: (job) => rules.get(job),
        isPaused: (job) => paused.has(job),
        stepsMax: stepsAtOnceMax,
      })
      const carried = await Promise.allSettled(steps.map(take))
      const refused = carried.find((one) => one.status === 'rejected')
      if (refused) throw refused.reason
      if (steps.length > 0) isKicked = true
    }
  }
  const kick = (): void => {
    isKicked = true
    if (!isLive || isStopping) return
    working ??= work()
      .then(() => options.onTrouble(null))
      .catch((error: unknown) => {
        if (isPlatformError(error, 'lost-leadership')) return failed.reject(error)
        options.onTrouble(describeError(error))
        log.warning(`jobs are held up, trying again: ${describeError(error)}`)
      })
      .finally(() => {
        working = undefined
      })
  }
  /** At the latest in a second, and when something is due by a schedule. */
  const tick = (): void => {
    kick()
    const now = clock.now()
    const nextMs = (schedules.nextAt(now) ?? Infinity) - now
    cancelTick = clock.after(Math.max(1, Math.min(tickMs, nextMs)), tick)
  }
  tick()

  return {
    failed: failed.promise,
    take: (events) => {
      const at = times()
      for (const recorded of events) {
        const name = parseStreamName(recorded.stream)
        if (name?.kind === 'job') {
          takenUpTo = recorded.position
          takeJobEvent(recorded, `${name.plugin}.${name.job}`, name.id, at)
        } else takeQueueEvent(recorded)
      }
      kick()
    },
    setLive: (live) => {
      isLive = live
      kick()
    },
    queues: () => {
      const now = clock.now()
      return definitions.map(({ name: job, concurrencyMax }) => ({
        job,
        isPaused: paused.has(job),
        activeCount: state.activeCount(job),
        concurrencyMax,
        schedule: schedules.wordsOf(job) ?? null,
        nextAt: schedules.nextOf(job, now) ?? null,
        trouble: schedules.troubleOf(job) ?? null,
        succeededPerMinute: rates.perMinute(`${job} succeeded`, now),
        failedPerMinute: rates.perMinute(`${job} failed`, now),
      }))
    },
    running: (countMax) => {
      const found: RunningJob[] = []
      for (const { jobId, state: known, submittedAt } of state.active()) {
        const { job, stage, priority, tryCount: tryNumber, cancelRequested } = known
        const isCancelling = cancelRequested !== undefined
        const isLeased = stage.at === 'leased'
        found.push({
          jobId,
          job,
          isLeased,
          priority,
          tryNumber,
          submittedAt,
          isCancelling,
          progress: progress.get(jobId),
        })
      }
      found.sort((a, b) => Number(b.isLeased) - Number(a.isLeased) || a.submittedAt - b.submittedAt)
      return found.slice(0, countMax)
    },
    stop: async () => {
      isStopping = true
      cancelTick()
      await Promise.all([working, forgetting.stop()])
    },
  }
}
