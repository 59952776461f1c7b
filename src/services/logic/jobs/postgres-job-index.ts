import { jobStream } from '#event-store/stream-name.ts'
import type { FirstJobs, JobIndex } from '#job/keeper/job-index.ts'
import type { LaneName } from '#job/keeper/keeper-state.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import { findCheckpoint } from '#projection/checkpoint.ts'
import { eventSearchModel } from '#projections/event-search/event-search.ts'
import { jobsModel } from '#projections/jobs/jobs-model.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { toDatabaseError } from '#storage/connection-loss.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { knownJobColumns, toInstant, toKnownJob, toPriority, toProgress } from './job-rows.ts'

/** The read model of jobs, as the keeper asks it. */
export function createPostgresJobIndex(sql: Client): JobIndex {
  const ask = async <T>(work: (tx: QueryRunner) => Promise<T>): Promise<T> => {
    try {
      return await inTransaction(sql, work, 'isolation level repeatable read read only')
    } catch (error) {
      if (isMissing(error)) throw new PlatformError('unavailable', 'The list of jobs is being made.', { cause: error })
      throw toDatabaseError(error)
    }
  }
  return {
    loadOpen: (countMax) =>
      ask(async (tx) => {
        const position = await getPosition(tx)
        const active = await tx.unsafe(
          `select ${knownJobColumns} from ${table('jobs')}
          where stage in ('ready', 'leased') or stage = 'parked' and cancel_by is not null`,
        )
        const names = await tx.unsafe(`select distinct job, priority from ${table('jobs')} where stage = 'waiting'`)
        const waiting: (FirstJobs & { readonly name: LaneName })[] = []
        for (const row of names) {
          const name = { job: String(row.job), priority: toPriority(row.priority) }
          waiting.push({ name, ...(await firstOf(tx, name, countMax)) })
        }
        const queues = await tx.unsafe(`select job, is_paused, schedule, scheduled_up_to from ${table('queues')}`)
        return {
          position,
          active: active.map((row) => ({ ...toKnownJob(row), progress: toProgress(row) })),
          waiting,
          queues: queues.map((row) => ({
            job: String(row.job),
            isPaused: row.is_paused === true,
            schedule: row.schedule === null ? null : String(row.schedule),
            scheduledUpTo: toInstant(row.scheduled_up_to),
          })),
        }
      }),
    loadLane: (name, countMax) =>
      ask(async (tx) => ({ position: await getPosition(tx), ...(await firstOf(tx, name, countMax)) })),
    findForgettable: ({ endedBefore, scheduledEndedBefore, countMax }) =>
      ask(async (tx) => {
        const text = `select job, job_id, schedule is not null as is_scheduled, coalesce((select json_agg(lease) from ${table('tries')} t where t.job_id = j.job_id), '[]') as leases
          from ${table('jobs')} j where ended_at < $1 and stage in ('succeeded', 'cancelled') and (ended_at < $2 or schedule is not null)
          order by ended_at limit $3`
        const rows = await tx.unsafe(text, [scheduledEndedBefore, endedBefore, countMax], { prepare: true })
        const streamOf = (row: (typeof rows)[number]): string => jobStream(String(row.job), String(row.job_id))
        const unasked = await positionsOf(tx, rows.filter((row) => row.is_scheduled === true).map(streamOf))
        return rows.map((row) => ({
          job: String(row.job),
          jobId: String(row.job_id),
          leases: Array.isArray(row.leases) ? row.leases.map(String) : [],
          positions: unasked.get(streamOf(row)) ?? [],
        }))
      }),
  }
}

export function table(name: 'jobs' | 'tries' | 'queues'): string {
  return `"${jobsModel.schemaName}".${name}`
}

/** What the list of events has of these streams, but for those that a person had a hand in, or that ended another way. */
async function positionsOf(
  tx: QueryRunner,
  streams: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const [found] =
    streams.length === 0 ? [] : await tx.unsafe(`select to_regclass($1) is not null as is_there`, [events])
  if (found?.is_there !== true) return new Map()
  const rows = await tx.unsafe(
    `select stream, json_agg(position) as positions from ${events} where stream = any($1)
    group by stream having bool_and(type <> all($2))`,
    [[...streams], telling],
  )
  return new Map(rows.map((row) => [String(row.stream), Array.isArray(row.positions) ? row.positions.map(String) : []]))
}

const events = `"${eventSearchModel.schemaName}".events`
const telling = [
  'peek.JobParked',
  'peek.JobCancelRequested',
  'peek.JobCancelled',
  'peek.JobBroughtForward',
  'peek.JobRetried',
]

async function getPosition(tx: QueryRunner): Promise<Position> {
  const checkpoint = await findCheckpoint(tx, jobsModel.schemaName)
  if (checkpoint) return checkpoint.position
  throw new PlatformError('unavailable', 'The list of jobs is being made.')
}

async function firstOf(tx: QueryRunner, { job, priority }: LaneName, countMax: number): Promise<FirstJobs> {
  const text = `select ${knownJobColumns} from ${table('jobs')}
    where stage = 'waiting' and job = $1 and priority = $2 order by turn limit $3`
  const rows = await tx.unsafe(text, [job, priority, countMax + 1], { prepare: true })
  return { first: rows.slice(0, countMax).map(toKnownJob), hasMore: rows.length > countMax }
}

/** Not made yet, or made by another version that had other columns. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['42P01', '3F000', '42703'].includes(String(error.code))
}
