import { jobStream } from '#event-store/stream-name.ts'
import { newUuid } from '#kernel/ids.ts'
import { describeError } from '#kernel/platform-error.ts'
import { type JobWriter, readJob } from '../job-log.ts'
import { forgottenJobsStream, type JobQueueEvent, parseJobQueueEvent } from '../job-queue-events.ts'
import { isOver } from '../job-state.ts'
import type { KeeperOptions } from './keeper.ts'
import { ownMetadata } from './submit-due.ts'

const daySeconds = 24 * 3_600
/** Jobs with an outcome are kept so long; parked ones until somebody decides about them. */
export const finishedKeptSeconds = 30 * daySeconds
/** Those that a schedule submitted are many, and alike. */
export const scheduledKeptSeconds = 2 * daySeconds
/** What says that jobs are forgotten outlives what it is about, in any log that is read anew. */
const forgottenKeptSeconds = 2 * finishedKeptSeconds

const everyMs = 60_000
/** Where there are more of them. */
const goOnMs = 1_000
const countMax = 200

/**
 * Forgets jobs that were over long ago: first their rows, by an event, then the streams themselves.
 *
 * Promises: a crash in between leaves nothing behind that is not forgotten at the next start, nor does a store that was away;
 * one that was submitted anew under its key meanwhile stays.
 */
export function startForgetting(
  options: Pick<KeeperOptions, 'store' | 'index' | 'clock' | 'log'> & { readonly writer: JobWriter },
): { stop(): Promise<void> } {
  const { store, index, clock, log, writer } = options
  let isStopping = false
  /** Streams that an event has named may still be there. */
  let isUnfinished = true
  /** Forgotten, and still in the list, which hears of it a moment later. */
  let leaving: ReadonlySet<string> = new Set()
  let cancel = (): void => undefined
  let working: Promise<void> | undefined

  const end = async (job: string, jobId: string): Promise<void> => {
    const found = await readJob(store, job, jobId)
    if (!found || !isOver(found.state) || !isOld(found.changedAt, clock.now())) return
    // All of it is older than that, so that nothing of it is left.
    await store.keep(jobStream(job, jobId), { maxAgeSeconds: scheduledKeptSeconds / 2 })
    const anew = await readJob(store, job, jobId)
    if (anew && !isOver(anew.state)) await store.keep(jobStream(job, jobId), {})
  }
  /** What an earlier keeper may have been killed at. */
  const finishLast = async (): Promise<void> => {
    const [last] = await store.readStream(forgottenJobsStream, { from: 'end', direction: 'backwards', countMax: 1 })
    const event = last && parseJobQueueEvent(last)
    if (event?.type !== 'peek.JobsForgotten') return
    for (const { job, jobId } of event.data.jobs) if (!isStopping) await end(job, jobId)
  }
  const forgetSome = async (): Promise<number> => {
    const now = clock.now()
    const found = await index.findForgettable({
      endedBefore: now - finishedKeptSeconds * 1_000,
      scheduledEndedBefore: now - scheduledKeptSeconds * 1_000,
      countMax: countMax + leaving.size,
    })
    const jobs = found.filter(({ jobId }) => !leaving.has(jobId)).slice(0, countMax)
    if (jobs.length === 0 || isStopping) return 0
    const event: JobQueueEvent = {
      type: 'peek.JobsForgotten',
      data: {
        jobs: jobs.map(({ leases, positions, ...job }) => ({ ...job, leases: [...leases], positions: [...positions] })),
      },
    }
    await store.keep(forgottenJobsStream, { maxAgeSeconds: forgottenKeptSeconds })
    await store.append(forgottenJobsStream, [{ id: newUuid(), ...event, metadata: ownMetadata(writer, now) }], 'any')
    const ids = new Set(jobs.map(({ jobId }) => jobId))
    leaving = new Set(found.map(({ jobId }) => jobId).filter((jobId) => leaving.has(jobId) || ids.has(jobId)))
    isUnfinished = true
    for (const { job, jobId } of jobs) await end(job, jobId)
    isUnfinished = false
    return jobs.length
  }
  /** How many it forgot. */
  const work = async (): Promise<number> => {
    try {
      if (isUnfinished) await finishLast()
      isUnfinished = false
      const count = await forgetSome()
      if (count > 0) log.debug(`${count} old jobs are forgotten`)
      return count
    } catch (error) {
      log.warning(`old jobs could not be forgotten, trying again: ${describeError(error)}`)
      return 0
    }
  }
  const schedule = (delayMs: number): void => {
    cancel = clock.after(delayMs, () => {
      working = work().then((count) => {
        working = undefined
        if (!isStopping) schedule(count === countMax ? goOnMs : everyMs)
      })
    })
  }
  schedule(everyMs)

  return {
    stop: async () => {
      isStopping = true
      cancel()
      await working
    },
  }
}

function isOld(changedAt: number, now: number): boolean {
  return now - changedAt >= (scheduledKeptSeconds / 2) * 1_000
}
