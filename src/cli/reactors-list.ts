/** `reactors list`: how all reactors stand. */
import type { JsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { numberAt, textAt } from './projections-answers.ts'
import { listReactors, nobodyWords } from './reactors-client.ts'
import { type TextColumn, toTextTable } from './text-table.ts'

const help = `bun run peek reactors list [--home DIR] [--url URL] [--json]

How each reactor stands: effects had since it first ran, effects under way, events that wait for another try or behind
one that does, and dead letters, which "reactors dead" shows.`

export const listCommand: Command = {
  run: async (args) => {
    const { flags, isHelp } = parseFlags(args, clientFlags)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const reactors = await listReactors(await openAdmin(flags))
    const sentences = [toTextTable(columns, reactors), ...reactors.flatMap(errorLine)]
    showResult(flags.json === true, { reactors }, reactors.length === 0 ? [nobodyWords] : sentences)
    return 0
  },
}

const columns: readonly TextColumn<JsonObject>[] = [
  { title: 'reactor', cell: (reactor) => textAt(reactor, 'id') },
  { title: 'version', align: 'end', cell: (reactor) => countCell(reactor, 'version') },
  { title: 'state', cell: (reactor) => textAt(reactor, 'state') },
  { title: 'done', align: 'end', cell: (reactor) => countCell(reactor, 'doneCount') },
  { title: 'under way', align: 'end', cell: (reactor) => countCell(reactor, 'runningCount') },
  { title: 'waiting', align: 'end', cell: (reactor) => countCell(reactor, 'waitingCount') },
  { title: 'of entities', align: 'end', cell: (reactor) => countCell(reactor, 'waitingStreams') },
  { title: 'dead', align: 'end', cell: (reactor) => countCell(reactor, 'deadCount') },
]

function countCell(reactor: JsonObject, name: string): string {
  return (numberAt(reactor, name) ?? 0).toLocaleString('en')
}

/** Errors are too long for a column; what went well since is of no interest. */
function errorLine(reactor: JsonObject): readonly string[] {
  const words = textAt(reactor, 'lastError')
  const isTroubled = (numberAt(reactor, 'waitingCount') ?? 0) > 0 || (numberAt(reactor, 'deadCount') ?? 0) > 0
  const isStill = !['live', 'catching-up'].includes(textAt(reactor, 'state'))
  return words !== '' && (isTroubled || isStill) ? ['', `${textAt(reactor, 'id')}: ${words}`] : []
}
