import type { RecordedEvent } from '#event-store/event-store.ts'
import { parseStreamName } from '#event-store/stream-name.ts'
import { logStart } from '#kernel/position.ts'
import type { JobPriority } from '../define-job.ts'
import { foldJob, type JobLog } from '../job-log.ts'
import { parseJobQueueEvent } from '../job-queue-events.ts'
import { isOver } from '../job-state.ts'
import type { JobIndex } from '../keeper/job-index.ts'
import { turnOf } from '../keeper/kept-job.ts'

/** The read model of jobs as a fold over a log in memory. `behind`: it has not seen so many of the last events yet. */
export function createMemoryJobIndex(log: () => readonly RecordedEvent[], behind: () => number = () => 0): JobIndex {
  const look = () => {
    const all = log()
    const seen = all.slice(0, Math.max(0, all.length - behind()))
    const jobs = new Map<string, JobLog>()
    const queues = new Map<string, { isPaused: boolean; schedule: string | null; scheduledUpTo: number | null }>()
    const queueOf = (job: string) => {
      const queue = queues.get(job) ?? { isPaused: false, schedule: null, scheduledUpTo: null }
      queues.set(job, queue)
      return queue
    }
    for (const event of seen) {
      const name = parseStreamName(event.stream)
      if (name?.kind === 'job') {
        const found = foldJob(jobs.get(name.id), { jobId: name.id, stream: event.stream }, event)
        if (found) jobs.set(name.id, found)
        if (event.type === 'peek.JobSubmitted' && typeof event.data.schedule === 'number')
          queueOf(`${name.plugin}.${name.job}`).scheduledUpTo = event.data.schedule
      }
      const about = parseJobQueueEvent(event)
      if (about?.type === 'peek.JobQueuePaused') queueOf(about.data.job).isPaused = true
      if (about?.type === 'peek.JobQueueResumed') queueOf(about.data.job).isPaused = false
      if (about?.type === 'peek.JobScheduleBegun')
        Object.assign(queueOf(about.data.job), { schedule: about.data.schedule, scheduledUpTo: about.data.at })
      if (about?.type === 'peek.JobsForgotten') for (const { jobId } of about.data.jobs) jobs.delete(jobId)
    }
    const position = seen.at(-1)?.position ?? logStart
    return { position, jobs: [...jobs.values()], queues }
  }
  const firstOf = (jobs: readonly JobLog[], countMax: number) => {
    const first = jobs.toSorted((a, b) => turnOf(a) - turnOf(b))
    return { first: first.slice(0, countMax), hasMore: first.length > countMax }
  }
  const waitingIn = (jobs: readonly JobLog[], job: string, priority: JobPriority) =>
    jobs.filter(({ state }) => state.stage.at === 'waiting' && state.job === job && state.priority === priority)

  return {
    loadOpen: async (countMax) => {
      const { position, jobs, queues } = look()
      const names = new Map(
        jobs.map(({ state: { job, priority } }) => [`${job} ${priority}`, { job, priority }] as const),
      )
      return {
        position,
        active: jobs.flatMap((job) =>
          ['ready', 'leased'].includes(job.state.stage.at) ||
          (job.state.stage.at === 'parked' && job.state.cancelRequested)
            ? [{ ...job, progress: undefined }]
            : [],
        ),
        waiting: [...names.values()].map((name) => ({
          name,
          ...firstOf(waitingIn(jobs, name.job, name.priority), countMax),
        })),
        queues: [...queues].map(([job, queue]) => ({ job, ...queue })),
      }
    },
    loadLane: async ({ job, priority }, countMax) => {
      const { position, jobs } = look()
      return { position, ...firstOf(waitingIn(jobs, job, priority), countMax) }
    },
    findForgettable: async ({ endedBefore, scheduledEndedBefore, countMax }) => {
      const isScheduled = ({ state }: JobLog): boolean => state.key?.startsWith('schedule ') === true
      const old = look().jobs.filter(
        (job) => isOver(job.state) && job.changedAt < (isScheduled(job) ? scheduledEndedBefore : endedBefore),
      )
      return old.slice(0, countMax).map(({ state: { job }, jobId }) => ({ job, jobId, leases: [], positions: [] }))
    },
  }
}
