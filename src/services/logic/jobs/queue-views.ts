import type { JobQueueView } from '#job/job-control.ts'
import type { QueueLook } from '#job/keeper/keeper-run.ts'
import type { Client } from '#storage/client.ts'
import { toInstant } from './job-rows.ts'
import { table } from './postgres-job-index.ts'

/** All queues there are, defined here or known from before: counts of the read model, beside what the keeper sees. */
export async function loadQueueViews(sql: Client, looks: readonly QueueLook[], now: number): Promise<JobQueueView[]> {
  const [counts, rows] = await Promise.all([
    sql.unsafe(
      `select job,
        count(*) filter (where stage = 'waiting' and coalesce(not_before, 0) <= $1)::int as waiting,
        count(*) filter (where stage = 'waiting' and not_before > $1)::int as scheduled,
        count(*) filter (where stage = 'ready')::int as ready,
        count(*) filter (where stage = 'leased')::int as running,
        count(*) filter (where stage = 'parked')::int as parked,
        min(greatest(submitted_at, coalesce(not_before, 0))) filter (where stage = 'ready' or stage = 'waiting' and coalesce(not_before, 0) <= $1) as oldest_at
      from ${table('jobs')} where stage in ('waiting', 'ready', 'leased', 'parked') group by job`,
      [now],
      { prepare: true },
    ),
    sql.unsafe(
      `select job, is_paused, paused_by, paused_reason, submitted_count, succeeded_count, failed_try_count, took_ms_sum
      from ${table('queues')}`,
    ),
  ])
  const countOf = new Map(counts.map((row) => [String(row.job), row]))
  const rowOf = new Map(rows.map((row) => [String(row.job), row]))
  const lookOf = new Map(looks.map((look) => [look.job, look]))
  const names = new Set([...lookOf.keys(), ...rowOf.keys()])
  return [...names].toSorted().map((job) => {
    const [count, row, look] = [countOf.get(job), rowOf.get(job), lookOf.get(job)]
    const succeededCount = Number(row?.succeeded_count ?? 0)
    return {
      job,
      plugin: job.slice(0, job.indexOf('.')),
      isKnown: look !== undefined,
      isPaused: look?.isPaused ?? row?.is_paused === true,
      pausedBy: row?.paused_by == null ? null : String(row.paused_by),
      pausedReason: row?.paused_reason == null ? null : String(row.paused_reason),
      waitingCount: Number(count?.waiting ?? 0),
      scheduledCount: Number(count?.scheduled ?? 0),
      readyCount: Number(count?.ready ?? 0),
      runningCount: Number(count?.running ?? 0),
      parkedCount: Number(count?.parked ?? 0),
      oldestAt: toInstant(count?.oldest_at),
      submittedCount: Number(row?.submitted_count ?? 0),
      succeededCount,
      failedTryCount: Number(row?.failed_try_count ?? 0),
      tookMsMean: succeededCount === 0 ? null : Math.round(Number(row?.took_ms_sum ?? 0) / succeededCount),
      succeededPerMinute: look?.succeededPerMinute ?? 0,
      failedPerMinute: look?.failedPerMinute ?? 0,
      concurrencyMax: look?.concurrencyMax ?? null,
      schedule: look?.schedule ?? null,
      nextAt: look?.nextAt ?? null,
      trouble: look?.trouble ?? null,
    }
  })
}
