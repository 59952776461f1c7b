/** `jobs show`: all about one job. */
import type { JsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { jobPath, onlyJob } from './jobs-client.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { listAt, numberAt, objectAt, textAt } from './projections-answers.ts'
import { toTextList } from './text-table.ts'

const help = `bun run peek jobs show <job id> [--home DIR] [--url URL] [--json]

Where the job stands, what it was given and what came of it, and its tries, the last first, with the newest lines of their
logs. "jobs log" tells all that happened to it, and every line.`

export const showCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, clientFlags)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const jobId = onlyJob(words, help)
    const admin = await openAdmin(flags)
    const job = objectAt(await admin.request('GET', jobPath(jobId)), 'job')
    showResult(flags.json === true, { job }, [describe(job), ...listAt(job, 'tries').flatMap(describeTry)])
    return 0
  },
}

function describe(job: JsonObject): string {
  const instant = (name: string): string => {
    const at = numberAt(job, name)
    return at === null ? '' : new Date(at).toISOString()
  }
  const entries = [
    ['queue', textAt(job, 'job')],
    ['stage', textAt(job, 'stage')],
    ['stream', textAt(job, 'stream')],
    ['key', textAt(job, 'key')],
    ['priority', textAt(job, 'priority')],
    ['submitted', `${instant('submittedAt')} by ${textAt(job, 'by')}`],
    ['not before', instant('notBefore')],
    ['worker', textAt(job, 'workerName')],
    ['ended', instant('endedAt')],
    ['input', JSON.stringify(job.input)],
    ['output', job.output === null ? '' : JSON.stringify(job.output)],
    ['error', textAt(job, 'error')],
    ['cancelled by', textAt(job, 'cancelBy')],
    ['because', textAt(job, 'cancelReason')],
  ] as const
  return toTextList(entries.filter(([, words]) => words !== ''))
}

function describeTry(one: JsonObject): readonly string[] {
  const startedAt = numberAt(one, 'startedAt') ?? 0
  const dropped = numberAt(one, 'droppedLineCount') ?? 0
  const lines = listAt(one, 'lines').map((line) => {
    const afterMs = (numberAt(line, 'at') ?? startedAt) - startedAt
    return `  ${(afterMs / 1_000).toFixed(3).padStart(9)} s  ${textAt(line, 'level').padEnd(7)}  ${textAt(line, 'words')}`
  })
  const outcome = textAt(one, 'outcome') || 'under way'
  const title = `Try ${numberAt(one, 'tryNumber') ?? ''} on ${textAt(one, 'workerName')}: ${outcome}`
  const error = textAt(one, 'error')
  return [
    '',
    error === '' ? title : `${title}: ${error}`,
    ...(dropped > 0 ? [`  (${dropped.toLocaleString('en')} earlier lines: "jobs log" has them)`] : []),
    ...lines,
  ]
}
