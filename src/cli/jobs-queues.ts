/** `jobs queues`: how all queues stand. */
import type { JsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { listAt, numberAt, textAt } from './projections-answers.ts'
import { lengthWords } from './projections-words.ts'
import { type TextColumn, toTextTable } from './text-table.ts'

const help = `bun run peek jobs queues [--home DIR] [--url URL] [--json]

How each queue stands: jobs that wait for a place, for their time (scheduled), that run and that are parked; since when the
oldest waits; how many were done in the last minute, and the mean time of those that were done.`

const nobodyWords = 'There are no queues: no plugin here has a job.'

export const queuesCommand: Command = {
  run: async (args) => {
    const { flags, isHelp } = parseFlags(args, clientFlags)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const admin = await openAdmin(flags)
    const queues = listAt(await admin.request('GET', '/api/jobs/queues'), 'queues')
    const sentences = [toTextTable(columns, queues), ...queues.flatMap(troubleLines)]
    showResult(flags.json === true, { queues }, queues.length === 0 ? [nobodyWords] : sentences)
    return 0
  },
}

const count = (title: string, name: string): TextColumn<JsonObject> => ({
  title,
  align: 'end',
  cell: (queue) => (numberAt(queue, name) ?? 0).toLocaleString('en'),
})

const columns: readonly TextColumn<JsonObject>[] = [
  { title: 'queue', cell: (queue) => textAt(queue, 'job') },
  { title: 'state', cell: stateOf },
  {
    title: 'waiting',
    align: 'end',
    cell: (queue) =>
      ((numberAt(queue, 'waitingCount') ?? 0) + (numberAt(queue, 'readyCount') ?? 0)).toLocaleString('en'),
  },
  { title: 'oldest', align: 'end', cell: oldestOf },
  count('scheduled', 'scheduledCount'),
  count('running', 'runningCount'),
  count('parked', 'parkedCount'),
  count('done', 'succeededCount'),
  count('a minute', 'succeededPerMinute'),
  {
    title: 'takes',
    align: 'end',
    cell: (queue) => {
      const meanMs = numberAt(queue, 'tookMsMean')
      return meanMs === null ? '' : lengthWords(meanMs / 1_000)
    },
  },
  { title: 'schedule', cell: (queue) => textAt(queue, 'schedule') },
]

function stateOf(queue: JsonObject): string {
  if (queue.isKnown === false) return 'no plugin'
  return queue.isPaused === true ? 'paused' : 'open'
}

function oldestOf(queue: JsonObject): string {
  const at = numberAt(queue, 'oldestAt')
  return at === null ? '' : lengthWords(Math.max(0, Date.now() - at) / 1_000)
}

/** Too long for a column. */
function troubleLines(queue: JsonObject): readonly string[] {
  const paused = queue.isPaused === true && textAt(queue, 'pausedBy') !== ''
  return [
    ...(paused
      ? [`${textAt(queue, 'job')} was paused by ${textAt(queue, 'pausedBy')}: ${textAt(queue, 'pausedReason')}`]
      : []),
    ...(textAt(queue, 'trouble') === '' ? [] : [textAt(queue, 'trouble')]),
  ]
}
