import type { EventStore } from '#event-store/event-store.ts'
import { parseStreamName } from '#event-store/stream-name.ts'
import type { Clock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { logStart } from '#kernel/position.ts'
import type { JobEvent } from '../job-events.ts'
import { jobReadyType } from '../job-events.ts'
import { appendToJob, type JobLog, readJob } from '../job-log.ts'

/**
 * Workers without processes, for tests of what keeps jobs going: they hear of ready jobs, lease them, renew, and write what
 * `run` says became of each, a while later. They can be killed, which leaves their jobs leased, and can lose a wake-up.
 */
export interface FakeWorkers {
  readonly placeCount: number
  /** All that they have is dropped, now; they go on with what comes. */
  kill(): void
  /** What they do not say yet, they say when this is over: too late, perhaps. */
  freeze(lengthMs: number): void
  stop(): Promise<void>
}

export type FakeRun = {
  readonly tookMs: number
  readonly end: 'succeeds' | 'throws' | 'hangs' | 'stops'
  readonly output?: { readonly [field: string]: unknown }
}

export function startFakeWorkers(options: {
  readonly store: Pick<EventStore, 'append' | 'readStream' | 'follow'>
  readonly clock: Clock
  readonly placeCount: number
  readonly leaseMs: number
  readonly run: (job: JobLog, tryNumber: number) => FakeRun
  /** True: nobody hears of it. */
  readonly losesWakeUp?: () => boolean
  /** So many tries, then it parks. */
  readonly triesMax: number
}): FakeWorkers {
  const { store, clock, placeCount, leaseMs, run, losesWakeUp = () => false, triesMax } = options
  const worker = newUuid()
  const waiting: { readonly job: string; readonly jobId: string }[] = []
  let life = 0
  let busy = 0
  let frozenUntil = Number.NEGATIVE_INFINITY

  /** Undefined: another was quicker, and what this one knows is worth nothing. */
  const append = async (job: JobLog, events: readonly JobEvent[]): Promise<JobLog | undefined> => {
    const now = clock.now()
    try {
      const { revision } = await appendToJob(store, job, events, {
        user: 'peek',
        instance: worker,
        service: 'worker',
        now,
      })
      return { ...job, revision }
    } catch {
      return undefined
    }
  }
  const later = (delayMs: number, work: () => Promise<void>): void => {
    const begunIn = life
    clock.after(delayMs, () => {
      if (begunIn !== life) return
      if (clock.now() < frozenUntil) later(frozenUntil - clock.now(), work)
      else void work()
    })
  }

  const begin = async (name: { readonly job: string; readonly jobId: string }): Promise<void> => {
    const begunIn = life
    busy++
    const found = await readJob(store, name.job, name.jobId)
    if (found?.state.stage.at !== 'ready' || found.state.cancelRequested) return free(begunIn)
    const lease = newUuid()
    const tryNumber = found.state.tryCount
    const until = clock.now() + leaseMs
    const leased: JobEvent = {
      type: 'peek.JobLeased',
      data: { tryNumber, lease, worker, workerName: 'fake', until },
    }
    const job = begunIn === life ? await append(found, [leased]) : undefined
    if (!job || begunIn !== life) return free(begunIn)
    hold(job, lease, tryNumber, clock.now() + run(job, tryNumber).tookMs)
  }
  const hold = (job: JobLog, lease: string, tryNumber: number, endAt: number): void => {
    const begunIn = life
    const { end, output = {} } = run(job, tryNumber)
    const renewMs = leaseMs / 3
    if (end === 'hangs' || endAt - clock.now() > renewMs)
      return later(renewMs, async () => {
        const until = clock.now() + leaseMs
        const said: JobEvent = {
          type: 'peek.JobProgressed',
          data: { lease, share: null, words: null, lines: [], until },
        }
        const seen = await readJob(store, job.state.job, job.jobId)
        const { stage } = seen?.state ?? {}
        const isOurs = stage?.at === 'leased' && stage.lease === lease
        const isCancelled = isOurs && seen?.state.cancelRequested !== undefined
        const current = seen && { ...job, revision: isCancelled ? seen.revision : job.revision }
        const ended: JobEvent = { type: 'peek.JobCancelled', data: { lease, lines: [] } }
        const renewed = current && (await append(current, [isCancelled ? ended : said]))
        if (renewed && !isCancelled) hold(renewed, lease, tryNumber, endAt)
        else free(begunIn)
      })
    later(Math.max(0, endAt - clock.now()), async () => {
      await append(job, outcomeOf(end, lease, tryNumber, output))
      free(begunIn)
    })
  }
  const outcomeOf = (end: FakeRun['end'], lease: string, tryNumber: number, output: object): readonly JobEvent[] => {
    if (end === 'succeeds')
      return [{ type: 'peek.JobSucceeded', data: { lease, output: { ...output }, lines: [], tookMs: 1 } }]
    const isLast = end === 'throws' && tryNumber >= triesMax
    const cause = end === 'stops' ? 'worker-stopped' : 'threw'
    const nextAt = end === 'throws' && !isLast ? clock.now() + 1_000 : null
    const failed: JobEvent = { type: 'peek.JobTryFailed', data: { lease, cause, error: 'no', lines: [], nextAt } }
    return isLast ? [failed, { type: 'peek.JobParked', data: { error: 'no' } }] : [failed]
  }
  const free = (begunIn: number): void => {
    if (begunIn !== life) return
    busy--
    takeNext()
  }
  const takeNext = (): void => {
    while (busy < placeCount) {
      const next = waiting.shift()
      if (!next) return
      void begin(next)
    }
  }

  const feed = store.follow({
    after: logStart,
    filter: { on: 'type', prefixes: [jobReadyType] },
    onBatch: async (events) => {
      for (const { stream } of events) {
        const name = parseStreamName(stream)
        if (name?.kind === 'job' && !losesWakeUp()) waiting.push({ job: `${name.plugin}.${name.job}`, jobId: name.id })
      }
      takeNext()
    },
  })

  return {
    placeCount,
    kill: () => {
      life++
      busy = 0
      takeNext()
    },
    freeze: (lengthMs) => {
      frozenUntil = clock.now() + lengthMs
    },
    stop: async () => {
      life++
      await feed.stop()
    },
  }
}
