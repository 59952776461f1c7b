import type { EventFilter, EventStore, Feed, RecordedEvent } from '#event-store/event-store.ts'
import { parseStreamName } from '#event-store/stream-name.ts'
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import { readJob } from './job-log.ts'
import type { JobState } from './job-state.ts'
import { JobFailure } from './jobs.ts'

/**
 * Waiting for the outcomes of jobs, whoever keeps and runs them.
 *
 * Promises: an outcome is told once it is in the log, also one from before the question and one that came while the store
 * was away; whoever leads does not matter. One subscription for all who wait, and none while nobody does.
 */
export interface JobOutcomes {
  /** Rejects with `JobFailure`, `not-found`, `timeout`, `unavailable` once closed, or the signal's reason. */
  wait(
    job: string,
    jobId: string,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<JobOutput>
  close(): Promise<void>
}

export type JobOutput = { readonly [field: string]: unknown }

type Waiter = { readonly job: string; readonly jobId: string; readonly outcome: Deferred<JobOutput> }
/** From the first who waits to a while behind the last. */
type Hearing = {
  /** Outcomes are heard from then on; a stream that is read later than that misses none. */
  readonly begun: Deferred<void>
  readonly over: Deferred<void>
  isOver: boolean
  feed: Feed | undefined
  finished: Promise<void>
}

const outcomeFilter: EventFilter = {
  on: 'type',
  prefixes: ['peek.JobSucceeded', 'peek.JobParked', 'peek.JobCancelled'],
}
export const waitersMax = 10_000
/** The subscription outlives the last who waits by this. */
const restMs = 5_000

export function createJobOutcomes(options: {
  readonly store: Pick<EventStore, 'readStream' | 'head' | 'follow'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}): JobOutcomes {
  const { store, clock, random, log } = options
  const waiters = new Map<string, Set<Waiter>>()
  const hearings = new Set<Hearing>()
  let hearing: Hearing | undefined
  let count = 0
  let isClosed = false
  let cancelRest = (): void => undefined

  const look = async ({ job, jobId, outcome }: Waiter): Promise<void> => {
    const found = await readJob(store, job, jobId)
    if (!found) outcome.reject(forgotten(job, jobId))
    else settle(outcome, jobId, found.state)
  }

  const onBatch = async (events: readonly RecordedEvent[]): Promise<void> => {
    for (const { stream } of events) {
      const name = parseStreamName(stream)
      const waiting = name?.kind === 'job' ? waiters.get(name.id) : undefined
      for (const waiter of waiting ?? []) await look(waiter)
    }
  }

  /** While anybody waits. What was missed in between two feeds is read again. */
  const follow = async (here: Hearing): Promise<void> => {
    for (let attempt = 0; !here.isOver; attempt++) {
      try {
        const after = await store.head()
        if (here.isOver) return
        here.feed = store.follow({ after, filter: outcomeFilter, onBatch })
        here.begun.resolve()
        if (attempt > 0) for (const waiting of [...waiters.values()]) for (const waiter of waiting) await look(waiter)
        await here.feed.finished
        return
      } catch (error) {
        log.warning(`outcomes of jobs are not heard just now, trying again: ${describeError(error)}`)
        await here.feed?.stop()
        await pauseWhile(here, attempt)
      }
    }
  }
  const pauseWhile = async (here: Hearing, attempt: number): Promise<void> => {
    const pausing = createDeferred<void>()
    const cancel = clock.after(backOffMs(attempt, random), pausing.resolve)
    await Promise.race([pausing.promise, here.over.promise])
    cancel()
  }
  const hear = (): Hearing => {
    cancelRest()
    if (hearing) return hearing
    const [begun, over] = [createDeferred<void>(), createDeferred<void>()]
    const here: Hearing = { begun, over, isOver: false, feed: undefined, finished: Promise.resolve() }
    hearing = here
    hearings.add(here)
    here.finished = follow(here).finally(() => hearings.delete(here))
    return here
  }
  const endHearing = (): void => {
    if (!hearing) return
    const { over, feed } = hearing
    hearing.isOver = true
    hearing = undefined
    over.resolve()
    void feed?.stop()
  }
  /** What stood in the stream before it was heard of; asked again until the store says. */
  const lookBack = async (waiter: Waiter): Promise<void> => {
    const here = hear()
    await here.begun.promise
    for (let attempt = 0; !here.isOver && waiters.get(waiter.jobId)?.has(waiter) === true; attempt++) {
      try {
        return await look(waiter)
      } catch (error) {
        log.debug(`job ${waiter.jobId} could not be read yet: ${describeError(error)}`)
        await pauseWhile(here, attempt)
      }
    }
  }

  const add = (waiter: Waiter): void => {
    const waiting = waiters.get(waiter.jobId) ?? new Set()
    waiters.set(waiter.jobId, waiting.add(waiter))
    count++
  }
  const remove = (waiter: Waiter): void => {
    const waiting = waiters.get(waiter.jobId)
    if (!waiting?.delete(waiter)) return
    if (waiting.size === 0) waiters.delete(waiter.jobId)
    count--
    if (count > 0 || isClosed) return
    // The next one may come right behind.
    cancelRest()
    cancelRest = clock.after(restMs, rest)
  }
  const rest = (): void => {
    if (count === 0) endHearing()
  }

  return {
    wait: async (job, jobId, { timeoutMs, signal } = {}) => {
      signal?.throwIfAborted()
      if (isClosed) throw closed()
      if (count >= waitersMax)
        throw new PlatformError(
          'too-many',
          `${count} outcomes of jobs are waited for already: wait for fewer at a time.`,
        )
      const outcome = createDeferred<JobOutput>()
      outcome.promise.catch(() => undefined)
      const waiter: Waiter = { job, jobId, outcome }
      const onAbort = (): void => outcome.reject(signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      const cancel =
        timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => outcome.reject(late(job, jobId, timeoutMs)))
      add(waiter)
      void lookBack(waiter)
      try {
        return await outcome.promise
      } finally {
        cancel?.()
        signal?.removeEventListener('abort', onAbort)
        remove(waiter)
      }
    },
    close: async () => {
      isClosed = true
      cancelRest()
      for (const waiting of [...waiters.values()]) for (const { outcome } of waiting) outcome.reject(closed())
      endHearing()
      await Promise.all([...hearings].map(({ finished }) => finished))
    },
  }
}

function settle(outcome: Deferred<JobOutput>, jobId: string, { stage, cancelRequested }: JobState): void {
  if (stage.at === 'succeeded') outcome.resolve(stage.output)
  if (stage.at === 'parked') outcome.reject(new JobFailure(jobId, 'parked', stage.error))
  if (stage.at === 'cancelled')
    outcome.reject(
      new JobFailure(jobId, 'cancelled', `It was cancelled: ${cancelRequested?.reason || 'no reason given'}`),
    )
}

function forgotten(job: string, jobId: string): PlatformError {
  return new PlatformError(
    'not-found',
    `There is no job ${jobId} of ${job}: it never was, or is so old that it is forgotten.`,
  )
}

function late(job: string, jobId: string, timeoutMs: number): PlatformError {
  return new PlatformError('timeout', `Job ${jobId} of ${job} had no outcome after ${timeoutMs} ms; it goes on.`)
}

function closed(): PlatformError {
  return new PlatformError('unavailable', 'This process stops; the job goes on without it.')
}
