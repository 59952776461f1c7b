import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import { changeJob, type JobChange } from './change-job.ts'
import type { WhyDecided } from './job-control.ts'
import type { JobEvent } from './job-events.ts'
import type { JobWriter } from './job-log.ts'
import type { JobState } from './job-state.ts'

/**
 * Asks for the end of a job: one that nobody has begun is over at once, one that runs is when its worker has ended it,
 * and one with an outcome keeps it.
 */
export function cancelJob(options: {
  readonly store: Pick<EventStore, 'append' | 'readStream'>
  readonly job: string
  readonly jobId: string
  readonly why: WhyDecided
  readonly writer: JobWriter
  readonly clock: Clock
}): Promise<JobChange> {
  return changeJob({ ...options, decide: (state) => decideCancel(state, options.why) })
}

function decideCancel({ stage, cancelRequested }: JobState, { by, reason }: WhyDecided): readonly JobEvent[] {
  if (stage.at === 'succeeded' || stage.at === 'cancelled') return []
  const asked: JobEvent[] = cancelRequested ? [] : [{ type: 'peek.JobCancelRequested', data: { by, reason } }]
  if (stage.at === 'leased') return asked
  return [...asked, { type: 'peek.JobCancelled', data: { lease: null, lines: [] } }]
}
