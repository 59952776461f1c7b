import type { RecordedEvent } from '#event-store/event-store.ts'
import { parseStreamName } from '#event-store/stream-name.ts'
import { parseJobEvent } from '../job-events.ts'
import { foldJob, type JobLog } from '../job-log.ts'

export type CheckedJobs = {
  /** What may never happen, in words; none when all is well. */
  readonly faults: readonly string[]
  readonly jobs: ReadonlyMap<string, JobLog>
  /** By queue: the most that were with workers at once, in the order of the log. */
  readonly leasedMax: ReadonlyMap<string, number>
}

/** Holds what was recorded about jobs to what may happen to one, in its order. */
export function checkJobStreams(log: readonly RecordedEvent[]): CheckedJobs {
  const jobs = new Map<string, JobLog>()
  const faults: string[] = []
  const leased = new Map<string, Set<string>>()
  const leasedMax = new Map<string, number>()
  for (const recorded of log) {
    const name = parseStreamName(recorded.stream)
    const event = name?.kind === 'job' ? parseJobEvent(recorded) : undefined
    if (name?.kind !== 'job' || !event) continue
    const before = jobs.get(name.id)
    const at = before?.state.stage.at ?? 'nothing'
    const allowed: readonly string[] = allowedAt[event.type]
    if (!allowed.includes(at)) faults.push(`${event.type} of ${recorded.stream} at ${recorded.revision} while ${at}`)
    const lease = before?.state.stage.at === 'leased' ? before.state.stage.lease : undefined
    if ('lease' in event.data && event.type !== 'peek.JobLeased' && event.data.lease !== null)
      if (event.data.lease !== lease) faults.push(`${event.type} of ${recorded.stream} with a lease that is over`)
    const after = foldJob(before, { jobId: name.id, stream: recorded.stream }, recorded)
    if (!after) continue
    jobs.set(name.id, after)
    const now = leased.get(after.state.job) ?? new Set<string>()
    leased.set(after.state.job, now)
    if (after.state.stage.at === 'leased') now.add(name.id)
    else now.delete(name.id)
    leasedMax.set(after.state.job, Math.max(leasedMax.get(after.state.job) ?? 0, now.size))
  }
  return { faults, jobs, leasedMax }
}

const allowedAt = {
  'peek.JobSubmitted': ['nothing', 'succeeded', 'cancelled'],
  'peek.JobReady': ['waiting', 'ready'],
  'peek.JobLeased': ['ready'],
  'peek.JobProgressed': ['leased'],
  'peek.JobTryFailed': ['leased'],
  'peek.JobLeaseExpired': ['leased'],
  'peek.JobSucceeded': ['leased'],
  'peek.JobParked': ['waiting'],
  'peek.JobCancelRequested': ['waiting', 'ready', 'leased', 'parked'],
  'peek.JobCancelled': ['waiting', 'ready', 'leased', 'parked'],
  'peek.JobBroughtForward': ['waiting'],
  'peek.JobRetried': ['parked'],
} as const satisfies Record<string, readonly string[]>
