import type { EventStore } from '#event-store/event-store.ts'
import { jobStream } from '#event-store/stream-name.ts'
import { cancelJob } from '#job/cancel-job.ts'
import { changeJob } from '#job/change-job.ts'
import type { JobDefinition } from '#job/define-job.ts'
import type { BulkDone, CancellableStage, JobControl, WhyDecided } from '#job/job-control.ts'
import type { JobEvent } from '#job/job-events.ts'
import type { JobState } from '#job/job-state.ts'
import { toStory } from '#job/job-story.ts'
import type { Keeper } from '#job/keeper/keeper.ts'
import { submitJob } from '#job/submit-job.ts'
import type { Clock } from '#kernel/clock.ts'
import { isUuid, newUuid } from '#kernel/ids.ts'
import { tryParseJson } from '#kernel/json.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Client } from '#storage/client.ts'
import { toDatabaseError } from '#storage/connection-loss.ts'
import { toJobView, toTryView, tryColumns, viewColumns } from './job-views.ts'
import { listJobs } from './list-jobs.ts'
import { isMissing, table } from './postgres-job-index.ts'
import { loadQueueViews } from './queue-views.ts'

/** So many tries are shown of one job. */
const triesShownMax = 50
const changedAtOnceMax = 16

/** The list is asked of the read model; what is decided goes to the streams, where a newer state is found before it is changed. */
export function createJobControl(options: {
  readonly sql: Client
  readonly store: Pick<EventStore, 'append' | 'readStream' | 'keep'>
  readonly definitions: readonly JobDefinition[]
  readonly keeper: Pick<Keeper, 'queues'>
  readonly instance: string
  readonly clock: Clock
}): JobControl {
  const { sql, store, keeper, clock, instance } = options
  const ask = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      if (isMissing(error)) throw new PlatformError('unavailable', 'The list of jobs is being made.', { cause: error })
      throw isPlatformError(error) ? error : toDatabaseError(error)
    }
  }
  const getQueue = async (jobId: string): Promise<string> => {
    const [row] = isUuid(jobId) ? await sql.unsafe(`select job from ${table('jobs')} where job_id = $1`, [jobId]) : []
    if (row) return String(row.job)
    throw new PlatformError('not-found', `There is no job "${jobId}": it never was, or is so old that it is forgotten.`)
  }
  const writerOf = ({ by }: WhyDecided) => ({ user: by, instance, service: 'logic' }) as const
  const change = (job: string, jobId: string, why: WhyDecided, decide: (state: JobState) => readonly JobEvent[]) =>
    changeJob({ store, job, jobId, decide, writer: writerOf(why), clock })
  const cancelOne = (job: string, jobId: string, why: WhyDecided) =>
    cancelJob({ store, job, jobId, why, writer: writerOf(why), clock })
  const retryOne = (job: string, jobId: string, why: WhyDecided, decide = decideRetry) =>
    change(job, jobId, why, (state) => decide(state, why))

  /** One after the other at each of a few hands; one that is gone meanwhile counts as not done. */
  const changeAll = async (
    jobIds: readonly string[],
    changeOne: (jobId: string) => Promise<boolean>,
  ): Promise<number> => {
    const left = [...jobIds]
    let doneCount = 0
    const hand = async (): Promise<void> => {
      for (let jobId = left.pop(); jobId !== undefined; jobId = left.pop()) {
        const isDone = await changeOne(jobId).catch((error: unknown) => {
          if (isPlatformError(error, 'not-found')) return false
          throw error
        })
        if (isDone) doneCount++
      }
    }
    await Promise.all(Array.from({ length: changedAtOnceMax }, hand))
    return doneCount
  }
  const bulk = async (
    job: string,
    stages: readonly string[],
    countMax: number,
    changeOne: (jobId: string) => Promise<boolean>,
  ): Promise<BulkDone> => {
    const where = `job = $1 and stage in (${stages.map((stage) => `'${stage}'`).join(', ')})`
    const rows = await ask(
      sql.unsafe(
        `select job_id, (count(*) over ())::int as total from ${table('jobs')} where ${where} order by turn limit $2`,
        [job, countMax],
      ),
    )
    const doneCount = await changeAll(rows.map((row) => String(row.job_id)).toReversed(), changeOne)
    return { doneCount, leftCount: Math.max(0, Number(rows[0]?.total ?? 0) - rows.length) }
  }

  return {
    queues: () => ask(loadQueueViews(sql, keeper.queues(), clock.now())),
    list: (asked) => ask(listJobs(sql, asked, clock.now())),
    find: async (jobId) => {
      const job = await ask(getQueue(jobId))
      const [[row], tries] = await ask(
        Promise.all([
          sql.unsafe(`select ${viewColumns}, input, output, correlation_id from ${table('jobs')} where job_id = $1`, [
            jobId,
          ]),
          sql.unsafe(
            `select ${tryColumns} from ${table('tries')} where job_id = $1 order by started_at desc limit ${triesShownMax}`,
            [jobId],
          ),
        ]),
      )
      if (!row) throw new PlatformError('not-found', `The job ${jobId} was forgotten just now.`)
      return {
        ...toJobView(row),
        stream: jobStream(job, jobId),
        input: tryParseJson(String(row.input)),
        output: row.output === null ? null : tryParseJson(String(row.output)),
        correlationId: String(row.correlation_id),
        tries: tries.map(toTryView),
      }
    },
    tell: async (jobId) => tellStream(store, jobStream(await ask(getQueue(jobId)), jobId)),
    retry: async (jobId, why) => {
      await retryOne(await ask(getQueue(jobId)), jobId, why, mustRetry)
    },
    cancel: async (jobId, why) => (await cancelOne(await ask(getQueue(jobId)), jobId, why)).isChanged,
    bringForward: async (jobId, why) => {
      await change(await ask(getQueue(jobId)), jobId, why, (state) => decideBringForward(state, why))
    },
    runScheduled: async (job, why) => {
      const definition = options.definitions.find(({ name }) => name === job)
      if (!definition?.schedule)
        throw new PlatformError('bad-input', `${job} has no schedule here, so that nobody knows what to run it with.`)
      const now = clock.now()
      // One more, whatever key its input would have: that may be the key of a job that is over.
      const submission = { input: definition.schedule.input(now), key: `run ${newUuid()}`, by: why.by }
      return (await submitJob({ store, definition, submission, writer: writerOf(why), now })).jobId
    },
    retryAll: (job, why, countMax) =>
      bulk(job, ['parked'], countMax, async (jobId) => (await retryOne(job, jobId, why)).isChanged),
    cancelAll: (job, stage, why, countMax) =>
      bulk(job, stagesOf[stage], countMax, async (jobId) => (await cancelOne(job, jobId, why)).isChanged),
  }
}

const toldAtOnce = 500

async function* tellStream(store: Pick<EventStore, 'readStream'>, stream: string): AsyncGenerator<string> {
  for (let from = 0; ; ) {
    const page = await store.readStream(stream, { from, direction: 'forwards', countMax: toldAtOnce })
    yield page
      .flatMap(toStory)
      .map((line) => `${line}\n`)
      .join('')
    const last = page.at(-1)
    if (!last || page.length < toldAtOnce) return
    from = last.revision + 1
  }
}

const stagesOf: Readonly<Record<CancellableStage, readonly string[]>> = {
  waiting: ['waiting', 'ready'],
  running: ['leased'],
  parked: ['parked'],
}

function decideRetry({ stage }: JobState, { by, reason }: WhyDecided): readonly JobEvent[] {
  return stage.at === 'parked' ? [{ type: 'peek.JobRetried', data: { by, reason } }] : []
}

function mustRetry(state: JobState, why: WhyDecided): readonly JobEvent[] {
  if (state.stage.at === 'parked') return decideRetry(state, why)
  throw new PlatformError('bad-input', `The job is ${wordsOf(state)}: only a parked one is tried again.`)
}

function decideBringForward(state: JobState, { by, reason }: WhyDecided): readonly JobEvent[] {
  if (state.stage.at === 'waiting') return [{ type: 'peek.JobBroughtForward', data: { by, reason } }]
  throw new PlatformError(
    'bad-input',
    `The job is ${wordsOf(state)}: only one that waits for its time is brought forward.`,
  )
}

function wordsOf({ stage }: JobState): string {
  if (stage.at === 'leased') return 'with a worker'
  return stage.at === 'succeeded' ? 'done' : stage.at
}
