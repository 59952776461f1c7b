import type { EventStore } from '#event-store/event-store.ts'
import type { JobEvent } from '#job/job-events.ts'
import { createJobLines, type JobTryLine } from '#job/job-lines.ts'
import { foldJob, type JobLog, type JobWriter, toJobEvents } from '#job/job-log.ts'
import { evolveJob } from '#job/job-state.ts'
import { must } from '#kernel/assert.ts'
import { backOffMs } from '#kernel/back-off.ts'
import { type Clock, pause } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'

/**
 * A job that this worker has: its lease, kept up, and its stream, written to.
 *
 * Promises: every append is made with the revision that was seen; what somebody else appended meanwhile is read first, so
 * that a cancel is heard of and a lease that was taken away ends all writing. What it says of progress is an append a second
 * at most. While the store is away it waits; what was not certain is appended once all the same.
 */
export interface HeldJob {
  addLine(line: JobTryLine): void
  setProgress(share: number, words: string | undefined): void
  /** Something new may stand in its stream. */
  look(): void
  /**
   * The end of the try; false: the lease was lost, and what happened here counts for nothing. Rejects with what the store
   * does not take, and may be asked again then; the lines are gone.
   */
  end(toEvents: (lines: readonly JobTryLine[], now: number) => readonly JobEvent[]): Promise<boolean>
  /** Writes nothing from now on. */
  abandon(): void
}

export type HoldOptions = {
  readonly store: Pick<EventStore, 'append' | 'readStream'>
  /** As it is with the lease in it. */
  readonly job: JobLog
  readonly lease: string
  readonly leaseMs: number
  readonly writer: JobWriter
  readonly onCancel: () => void
  readonly onLost: () => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const progressEveryMs = 1_000
const firstRetryDelayMs = 20
const retryDelayMsMax = 5_000
const pageCountMax = 500

export function holdJob(options: HoldOptions): HeldJob {
  const { store, lease, leaseMs, writer, onCancel, onLost, clock, random, log } = options
  const lines = createJobLines(clock)
  let job = options.job
  let progress: { readonly share: number; readonly words: string | null } | undefined
  let isOver = false
  let toldCancel = false
  let saidAt = clock.now()
  let dueAt = Number.POSITIVE_INFINITY
  let cancelTimer: () => void = () => undefined
  let last: Promise<unknown> = Promise.resolve()

  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }
  const isHeld = (): boolean => job.state.stage.at === 'leased' && job.state.stage.lease === lease
  const finish = (): void => {
    isOver = true
    cancelTimer()
  }
  const lose = (): void => {
    if (isOver) return
    finish()
    onLost()
  }
  const schedule = (delayMs: number): void => {
    const at = clock.now() + delayMs
    if (isOver || at >= dueAt) return
    cancelTimer()
    dueAt = at
    cancelTimer = clock.after(delayMs, () => {
      dueAt = Number.POSITIVE_INFINITY
      void inOrder(sayProgress).catch((error: unknown) =>
        log.error(`a job's stream cannot be written: ${describeError(error)}`),
      )
    })
  }
  const scheduleRenewal = (): void => schedule(Math.floor(leaseMs / 3))

  const readNews = async (): Promise<readonly string[]> => {
    const ids: string[] = []
    for (;;) {
      const page = await store.readStream(job.stream, { from: job.revision + 1, countMax: pageCountMax })
      for (const event of page) {
        ids.push(event.id)
        job = must(foldJob(job, job, event), 'a job that has begun goes on')
      }
      if (page.length < pageCountMax) return ids
    }
  }
  const tellNews = (): void => {
    if (!isHeld()) return lose()
    if (toldCancel || !job.state.cancelRequested) return
    toldCancel = true
    onCancel()
  }
  /** Whether they are in the stream. */
  const append = async (events: readonly JobEvent[]): Promise<boolean> => {
    const made = toJobEvents({ jobId: job.jobId, job: job.state.job, cause: job.cause }, events, {
      ...writer,
      now: clock.now(),
    })
    for (let attempt = 0; !isOver; attempt++) {
      try {
        const { revision } = await store.append(job.stream, made, job.revision)
        for (const event of events) job = { ...job, state: must(evolveJob(job.state, event), 'it has begun') }
        job = { ...job, revision }
        return true
      } catch (error) {
        const isConflict = isPlatformError(error, 'revision-conflict')
        if (!isConflict && !isAway(error)) throw error
        const ids = isConflict ? await readNews().catch(() => undefined) : undefined
        // An answer that was lost on its way.
        if (ids?.includes(made[0]?.id ?? '')) return true
        if (ids) tellNews()
        else await pause(clock, backOffMs(attempt, random, firstRetryDelayMs, retryDelayMsMax))
      }
    }
    return false
  }
  const sayProgress = async (): Promise<void> => {
    if (isOver) return
    const said = progress
    progress = undefined
    saidAt = clock.now()
    const until = saidAt + leaseMs
    const { share = null, words = null } = said ?? {}
    try {
      await append([{ type: 'peek.JobProgressed', data: { lease, share, words, lines: [...lines.take()], until } }])
    } finally {
      // Also when the store does not take what was said: the next time less is.
      scheduleRenewal()
      if (progress !== undefined || !lines.isEmpty()) scheduleSaying()
    }
  }
  /** A clock that was set back stretches no wait. */
  const scheduleSaying = (): void =>
    schedule(Math.min(progressEveryMs, Math.max(0, saidAt + progressEveryMs - clock.now())))

  scheduleRenewal()
  return {
    addLine: (line) => {
      lines.add(line)
      scheduleSaying()
    },
    setProgress: (share, words) => {
      progress = { share, words: words ?? null }
      scheduleSaying()
    },
    look: () => {
      void inOrder(async () => {
        if (isOver) return
        await readNews()
        tellNews()
      }).catch((error: unknown) => log.debug(`a job's stream cannot be read: ${describeError(error)}`))
    },
    end: (toEvents) =>
      inOrder(async () => {
        if (isOver) return false
        const isRecorded = await append(toEvents(lines.take(), clock.now()))
        finish()
        return isRecorded
      }),
    abandon: finish,
  }
}

function isAway(error: unknown): boolean {
  return ['unavailable', 'timeout', 'too-many'].some((kind) => isPlatformError(error) && error.kind === kind)
}
