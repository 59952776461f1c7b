import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { JobEvent } from './job-events.ts'
import { appendToJob, type JobWriter, readJob } from './job-log.ts'
import type { JobState } from './job-state.ts'

/** Whether anything was appended, and where the job stood before. */
export type JobChange = { readonly isChanged: boolean; readonly before: JobState }

const attemptsMax = 10

/**
 * What somebody decides about a job, appended as of what it is: where another was quicker, it is looked at again. Rejects
 * with `not-found`, or what `decide` throws.
 */
export async function changeJob(options: {
  readonly store: Pick<EventStore, 'append' | 'readStream'>
  readonly job: string
  readonly jobId: string
  /** Nothing: it stays as it is. */
  readonly decide: (state: JobState) => readonly JobEvent[]
  readonly writer: JobWriter
  readonly clock: Clock
}): Promise<JobChange> {
  const { store, job, jobId, decide, writer, clock } = options
  for (let attempt = 1; ; attempt++) {
    const found = await readJob(store, job, jobId)
    if (!found) throw new PlatformError('not-found', `There is no job ${jobId} of ${job}, or it is forgotten.`)
    const events = decide(found.state)
    if (events.length === 0) return { isChanged: false, before: found.state }
    try {
      await appendToJob(store, found, events, { ...writer, now: clock.now() })
      return { isChanged: true, before: found.state }
    } catch (error) {
      if (!isPlatformError(error, 'revision-conflict') || attempt === attemptsMax) throw error
    }
  }
}
