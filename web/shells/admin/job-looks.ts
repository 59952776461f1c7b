import type { JobQueueStatus, RunningJob } from '#vortex/protocol/job-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { formatPlural } from '#web/ui'
import type { JobDetails, JobRow, JobTry, ListStage } from './job-api.ts'
import type { Concern, Look } from './status-looks.ts'

/** How jobs and queues look, and which of them need somebody. */

export type QueueRow = TupleOf<typeof JobQueueStatus>
export type RunningRow = TupleOf<typeof RunningJob>

export function queueLook(queue: Pick<QueueRow, 'isKnown' | 'isPaused' | 'trouble' | 'runningCount'>): Look {
  if (queue.trouble !== null) return { tone: 'warning', title: 'Schedule is wrong' }
  if (!queue.isKnown) return { tone: 'idle', title: 'No plugin' }
  if (queue.isPaused) return { tone: 'warning', title: 'Paused' }
  return queue.runningCount > 0 ? { tone: 'busy', title: 'Running' } : { tone: 'normal', title: 'Open' }
}

export function jobLook({ stage, notBefore }: Pick<JobRow, 'stage' | 'notBefore'>, now: number): Look {
  switch (stage) {
    case 'waiting':
      return notBefore !== null && notBefore > now
        ? { tone: 'waiting', title: 'Scheduled' }
        : { tone: 'waiting', title: 'Waiting' }
    case 'ready':
      return { tone: 'waiting', title: 'Waiting for a worker' }
    case 'leased':
      return { tone: 'busy', title: 'Running' }
    case 'succeeded':
      return { tone: 'normal', title: 'Done' }
    case 'parked':
      return { tone: 'alarm', title: 'Parked' }
    default:
      return { tone: 'idle', title: 'Cancelled' }
  }
}

const tryLooks: Readonly<Record<string, Look>> = {
  succeeded: { tone: 'normal', title: 'Done' },
  cancelled: { tone: 'idle', title: 'Cancelled' },
  lost: { tone: 'warning', title: 'Worker was lost' },
  threw: { tone: 'warning', title: 'Failed' },
  timeout: { tone: 'warning', title: 'Took too long' },
  crashed: { tone: 'warning', title: 'Its process died' },
  'bad-input': { tone: 'warning', title: 'Input is wrong' },
  'bad-output': { tone: 'warning', title: 'Output is wrong' },
  'worker-stopped': { tone: 'idle', title: 'Given back' },
}

export function tryLook({ outcome }: Pick<JobTry, 'outcome'>): Look {
  if (outcome === null) return { tone: 'busy', title: 'Running' }
  return tryLooks[outcome] ?? { tone: 'warning', title: outcome }
}

export function jobHref(jobId: string): string {
  return `/jobs/${encodeURIComponent(jobId)}`
}

export function jobsHref(asked: {
  readonly list?: ListStage | undefined
  readonly queue?: string | undefined
}): string {
  const query = new URLSearchParams({
    ...(asked.list && { list: asked.list }),
    ...(asked.queue && { queue: asked.queue }),
  })
  const text = query.toString()
  return text === '' ? '/jobs' : `/jobs?${text}`
}

/** How many a list has; undefined where nobody counts. */
export function countOf(stage: ListStage, queues: readonly QueueRow[]): number | undefined {
  const sum = (of: (queue: QueueRow) => number): number => queues.reduce((total, queue) => total + of(queue), 0)
  switch (stage) {
    case 'running':
      return sum((queue) => queue.runningCount)
    case 'waiting':
      return sum((queue) => queue.waitingCount + queue.readyCount)
    case 'scheduled':
      return sum((queue) => queue.scheduledCount)
    case 'parked':
      return sum((queue) => queue.parkedCount)
    default:
      return undefined
  }
}

/** What may be done to a job as it stands. */
export function deedsOf({ stage, notBefore }: Pick<JobDetails, 'stage' | 'notBefore'>, now: number) {
  return {
    retry: stage === 'parked',
    cancel: stage === 'waiting' || stage === 'ready' || stage === 'leased' || stage === 'parked',
    bringForward: stage === 'waiting' && notBefore !== null && notBefore > now,
  }
}

/** What of a queue is abnormal just now. */
export function jobConcerns(queue: QueueRow): Concern[] {
  const about = { title: queue.id, href: jobsHref({ queue: queue.id }) }
  const found: Concern[] = []
  if (queue.parkedCount > 0) {
    const words = `${formatPlural(queue.parkedCount, 'job')} failed on every try: somebody has to decide.`
    const href = jobsHref({ list: 'parked', queue: queue.id })
    found.push({ ...about, href, id: `${queue.id}-parked`, look: { tone: 'warning', title: 'Parked' }, words })
  }
  if (queue.trouble !== null)
    found.push({
      ...about,
      id: `${queue.id}-trouble`,
      look: { tone: 'warning', title: 'Schedule' },
      words: queue.trouble,
    })
  if (queue.isPaused)
    found.push({
      ...about,
      id: `${queue.id}-paused`,
      look: { tone: 'warning', title: 'Paused' },
      words: `No further job of it begins${queue.pausedReason ? `: ${queue.pausedReason}` : '.'}`,
    })
  return found
}
