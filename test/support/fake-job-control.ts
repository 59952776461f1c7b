import type { JobControl, JobDetails, JobListStage, JobQueueView, WhyDecided } from '#job/job-control.ts'
import type { RunningJob } from '#job/keeper/keeper-run.ts'
import { newUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'

export type FakeJobs = {
  readonly control: JobControl
  readonly keeper: { running(countMax: number): readonly RunningJob[] }
  readonly jobs: Map<string, JobDetails>
  /** What was decided, in order. */
  readonly decided: string[]
  add(change: Partial<JobDetails>): JobDetails
  change(jobId: string, change: Partial<JobDetails>): void
  queue(job: string, change: Partial<JobQueueView>): void
}

/** Jobs in memory, for the page and the commands: what is decided happens at once, and nothing else does. */
export function createFakeJobs(): FakeJobs {
  const jobs = new Map<string, JobDetails>()
  const queues = new Map<string, Partial<JobQueueView>>()
  const decided: string[] = []
  const get = (jobId: string): JobDetails => {
    const found = jobs.get(jobId)
    if (found) return found
    throw new PlatformError('not-found', `There is no job "${jobId}": it never was, or is so old that it is forgotten.`)
  }
  const change = (jobId: string, changed: Partial<JobDetails>): void =>
    void jobs.set(jobId, { ...get(jobId), ...changed })
  const note = (what: string, { by, reason }: WhyDecided): void => void decided.push(`${what} by ${by}: ${reason}`)
  const listed = (stage: JobListStage): ((job: JobDetails) => boolean) => {
    const isAhead = (job: JobDetails): boolean => (job.notBefore ?? 0) > Date.now()
    const tests: Readonly<Record<JobListStage, (job: JobDetails) => boolean>> = {
      waiting: (job) => job.stage === 'ready' || (job.stage === 'waiting' && !isAhead(job)),
      scheduled: (job) => job.stage === 'waiting' && isAhead(job),
      running: (job) => job.stage === 'leased',
      finished: (job) => job.stage === 'succeeded' || job.stage === 'cancelled',
      parked: (job) => job.stage === 'parked',
    }
    return tests[stage]
  }
  const of = (job: string, stage: JobListStage): JobDetails[] =>
    [...jobs.values()].filter((one) => one.job === job && listed(stage)(one))
  const retry = (jobId: string): void => change(jobId, { stage: 'waiting', error: null, endedAt: null })
  const cancel = (jobId: string, why: WhyDecided): void =>
    change(jobId, { stage: 'cancelled', endedAt: Date.now(), cancelBy: why.by, cancelReason: why.reason })

  const control: JobControl = {
    queues: async () => {
      const names = new Set([...queues.keys(), ...[...jobs.values()].map(({ job }) => job)])
      return [...names].toSorted().map((job) => ({
        ...emptyQueue(job),
        waitingCount: of(job, 'waiting').length,
        scheduledCount: of(job, 'scheduled').length,
        runningCount: of(job, 'running').length,
        parkedCount: of(job, 'parked').length,
        ...queues.get(job),
      }))
    },
    tell: async (jobId) => {
      const { by, stage } = get(jobId)
      return (async function* () {
        yield `submitted by ${by}\n`
        yield `${stage}\n`
      })()
    },
    list: async ({ stage, job, after, countMax }) => {
      const all = [...jobs.values()].filter((one) => (job === undefined || one.job === job) && listed(stage)(one))
      const from = Number(after ?? 0)
      const next = from + countMax < all.length ? String(from + countMax) : null
      return { jobs: all.slice(from, from + countMax), next }
    },
    find: async (jobId) => get(jobId),
    retry: async (jobId, why) => {
      if (get(jobId).stage !== 'parked')
        throw new PlatformError('bad-input', `The job is ${get(jobId).stage}: only a parked one is tried again.`)
      note(`retry ${get(jobId).key}`, why)
      retry(jobId)
    },
    cancel: async (jobId, why) => {
      note(`cancel ${get(jobId).key}`, why)
      cancel(jobId, why)
      return true
    },
    bringForward: async (jobId, why) => {
      note(`bring forward ${get(jobId).key}`, why)
      change(jobId, { notBefore: null })
    },
    runScheduled: async (job, why) => {
      note(`run ${job}`, why)
      return newUuid()
    },
    retryAll: async (job, why) => {
      note(`retry all of ${job}`, why)
      const found = of(job, 'parked')
      for (const { jobId } of found) retry(jobId)
      return { doneCount: found.length, leftCount: 0 }
    },
    cancelAll: async (job, stage, why) => {
      note(`cancel all ${stage} of ${job}`, why)
      const found = of(job, stage)
      for (const { jobId } of found) cancel(jobId, why)
      return { doneCount: found.length, leftCount: 0 }
    },
  }
  return {
    control,
    jobs,
    decided,
    change,
    keeper: { running: () => [...jobs.values()].filter(listed('running')).map(toRunning) },
    add: (changed) => {
      const job = { ...newJob(), ...changed }
      jobs.set(job.jobId, job)
      return job
    },
    queue: (job, changed) => void queues.set(job, { ...queues.get(job), ...changed }),
  }
}

function toRunning(job: JobDetails): RunningJob {
  const { jobId, priority, tryCount: tryNumber, submittedAt, workerName, share, words, startedAt } = job
  const progress = { workerName: workerName ?? '', startedAt: startedAt ?? submittedAt, share, words }
  return { jobId, job: job.job, isLeased: true, priority, tryNumber, submittedAt, isCancelling: false, progress }
}

function newJob(): JobDetails {
  const jobId = newUuid()
  return {
    jobId,
    job: 'inbox.SendMail',
    plugin: 'inbox',
    stage: 'waiting',
    priority: 'normal',
    key: null,
    by: 'inbox',
    tryCount: 0,
    begunCount: 0,
    workerName: null,
    notBefore: null,
    submittedAt: Date.now() - 60_000,
    startedAt: null,
    endedAt: null,
    share: null,
    words: null,
    error: null,
    schedule: null,
    cancelBy: null,
    cancelReason: null,
    stream: `jobs-inbox.SendMail-${jobId}`,
    input: { to: 'anna@example.org' },
    output: null,
    correlationId: jobId,
    tries: [],
  }
}

function emptyQueue(job: string): JobQueueView {
  return {
    job,
    plugin: job.slice(0, job.indexOf('.')),
    isKnown: true,
    isPaused: false,
    pausedBy: null,
    pausedReason: null,
    waitingCount: 0,
    scheduledCount: 0,
    readyCount: 0,
    runningCount: 0,
    parkedCount: 0,
    oldestAt: null,
    submittedCount: 0,
    succeededCount: 0,
    failedTryCount: 0,
    tookMsMean: null,
    succeededPerMinute: 0,
    failedPerMinute: 0,
    concurrencyMax: null,
    schedule: null,
    nextAt: null,
    trouble: null,
  }
}
