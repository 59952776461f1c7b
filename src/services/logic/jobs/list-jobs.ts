import type { JobListStage, JobPage, JobPageAsked } from '#job/job-control.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Client } from '#storage/client.ts'
import { toJobView, viewColumns } from './job-views.ts'
import { table } from './postgres-job-index.ts'

/** Which rows a list has, and by what they are in order. Running ones are few; the rest has pages. */
type Listed = { readonly where: string; readonly by: 'turn' | 'ended_at'; readonly order: 'asc' | 'desc' }

/** `$1` is now. */
const listed: Readonly<Record<JobListStage, Listed>> = {
  waiting: {
    where: "(stage = 'waiting' and coalesce(not_before, 0) <= $1 or stage = 'ready')",
    by: 'turn',
    order: 'asc',
  },
  scheduled: { where: "stage = 'waiting' and not_before > $1", by: 'turn', order: 'asc' },
  running: { where: "stage = 'leased' and $1::bigint > 0", by: 'turn', order: 'asc' },
  finished: { where: "stage in ('succeeded', 'cancelled') and $1::bigint > 0", by: 'ended_at', order: 'desc' },
  parked: { where: "stage = 'parked' and $1::bigint > 0", by: 'ended_at', order: 'desc' },
}

/** A page of a list. The next one begins behind the last row of this one, whatever came or went meanwhile. */
export async function listJobs(sql: Client, asked: JobPageAsked, now: number): Promise<JobPage> {
  const { stage, job = null, countMax } = asked
  const { where, by, order } = listed[stage]
  const after = asked.after === undefined ? undefined : parseCursor(asked.after)
  const compare = order === 'asc' ? '>' : '<'
  const text = `select ${viewColumns} from ${table('jobs')} where ${where} and ($2::text is null or job = $2)
    and ($3::bigint is null or (${by}, job_id) ${compare} ($3::bigint, $4::uuid))
    order by ${by} ${order}, job_id ${order} limit $5`
  const rows = await sql.unsafe(text, [now, job, after?.place ?? null, after?.jobId ?? null, countMax + 1])
  const page = rows.slice(0, countMax)
  const last = rows.length > countMax ? page.at(-1) : undefined
  return { jobs: page.map(toJobView), next: last ? `${last[by]}.${last.job_id}` : null }
}

function parseCursor(text: string): { readonly place: number; readonly jobId: string } {
  const [, place, jobId] = /^(\d{1,16})\.([0-9a-f-]{36})$/.exec(text) ?? []
  if (place !== undefined && jobId !== undefined) return { place: Number(place), jobId }
  throw new PlatformError('bad-input', `after is "${text}": wanted what an earlier page gave as "next".`)
}
