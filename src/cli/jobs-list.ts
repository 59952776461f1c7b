/** `jobs list`: jobs by where they stand. */
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { AdminClient } from './admin-client.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { onlyQueue } from './jobs-client.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { parseCount } from './parse-count.ts'
import { listAt, numberAt, textAt } from './projections-answers.ts'
import { lengthWords } from './projections-words.ts'
import { toTextTable } from './text-table.ts'

const help = `bun run peek jobs list [<plugin>.<Job>] [--stage STAGE] [--limit N] [--home DIR] [--url URL] [--json]

Jobs of all queues or of one: N of them, else 50. STAGE is waiting, scheduled, running (if none is said), finished or parked.
Finished and parked ones come newest first, the others in their turn. "jobs show" tells all about one.`

const countDefault = 50
const pageCountMax = 200

export const listCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, stage: 'text', limit: 'text' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const countMax = flags.limit === undefined ? countDefault : parseCount('--limit', flags.limit)
    const job = words.length === 0 ? undefined : onlyQueue(words, help)
    const stage = flags.stage ?? 'running'
    const { jobs, hasMore } = await loadJobs(await openAdmin(flags), { stage, job, countMax })
    const table = jobs.length === 0 ? `No jobs are ${stage}.` : toTable(jobs)
    showResult(flags.json === true, { jobs }, [table, ...(hasMore ? ['There are more: say --limit.'] : [])])
    return 0
  },
}

async function loadJobs(
  admin: AdminClient,
  { stage, job, countMax }: { readonly stage: string; readonly job: string | undefined; readonly countMax: number },
): Promise<{ readonly jobs: readonly JsonObject[]; readonly hasMore: boolean }> {
  const jobs: JsonObject[] = []
  let after = ''
  do {
    const limit = String(Math.min(pageCountMax, countMax - jobs.length))
    const query = new URLSearchParams({ stage, limit, ...(job && { job }), ...(after && { after }) })
    const page = await admin.request('GET', `/api/jobs?${query}`)
    jobs.push(...listAt(page, 'jobs'))
    after = isJsonObject(page) ? textAt(page, 'next') : ''
  } while (after !== '' && jobs.length < countMax)
  return { jobs, hasMore: after !== '' }
}

function toTable(jobs: readonly JsonObject[]): string {
  const now = Date.now()
  return toTextTable(
    [
      { title: 'job', cell: (job) => textAt(job, 'jobId') },
      { title: 'queue', cell: (job) => textAt(job, 'job') },
      { title: 'stage', cell: (job) => textAt(job, 'stage') },
      { title: 'tries', align: 'end', cell: (job) => String(numberAt(job, 'begunCount') ?? 0) },
      { title: 'since', align: 'end', cell: (job) => sinceWords(job, now) },
      { title: 'worker', cell: (job) => textAt(job, 'workerName') },
      { title: 'how it goes', cell: howWords },
    ],
    jobs,
  )
}

function sinceWords(job: JsonObject, now: number): string {
  const [notBefore, submittedAt] = [numberAt(job, 'notBefore') ?? 0, numberAt(job, 'submittedAt') ?? now]
  if (textAt(job, 'stage') === 'waiting' && notBefore > now) return `in ${lengthWords((notBefore - now) / 1_000)}`
  const at = numberAt(job, 'endedAt') ?? (textAt(job, 'stage') === 'leased' ? numberAt(job, 'startedAt') : submittedAt)
  return lengthWords(Math.max(0, now - (at ?? submittedAt)) / 1_000)
}

function howWords(job: JsonObject): string {
  const share = numberAt(job, 'share')
  const percent = share === null ? '' : `${Math.round(share * 100)} % `
  return `${percent}${textAt(job, 'error') || textAt(job, 'words')}`.slice(0, 120)
}
