/** `projections list`: how all projections stand. */
import type { JsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { byteWords, showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { listAt, numberAt, type RebuildAnswer, textAt, toRebuild } from './projections-answers.ts'
import { lengthWords, phaseWords, rangeWords } from './projections-words.ts'
import { type TextColumn, toTextTable } from './text-table.ts'

const help = `bun run peek projections list [--home DIR] [--url URL] [--json]

How each projection stands: its version, how far behind the log it is, how fast it goes, and what is rebuilt just now.`

type Line = { readonly status: JsonObject; readonly rebuild: RebuildAnswer | undefined }

export const listCommand: Command = {
  run: async (args) => {
    const { flags, isHelp } = parseFlags(args, clientFlags)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const admin = await openAdmin(flags)
    const projections = listAt(await admin.request('GET', '/api/projections'), 'projections')
    const rebuilds = listAt(await admin.request('GET', '/api/rebuilds'), 'rebuilds').map(toRebuild)
    const underWay = new Map(rebuilds.filter(({ endedAt }) => endedAt === null).map((each) => [each.projection, each]))
    const lines = projections.map((status) => ({ status, rebuild: underWay.get(textAt(status, 'id')) }))
    const whole = { projections, rebuilds: [...underWay.values()].map((rebuild) => rebuild.whole) }
    showResult(flags.json === true, whole, [toTextTable(columns, lines), ...lines.flatMap(errorLine)])
    return 0
  },
}

const columns: readonly TextColumn<Line>[] = [
  { title: 'projection', cell: ({ status }) => textAt(status, 'id') },
  { title: 'version', align: 'end', cell: ({ status }) => versionCell(status) },
  { title: 'state', cell: ({ status }) => textAt(status, 'state') },
  { title: 'events', align: 'end', cell: ({ status }) => countCell(numberAt(status, 'eventCount')) },
  { title: 'behind', align: 'end', cell: ({ status }) => behindCell(status) },
  { title: 'a second', align: 'end', cell: ({ status }) => rateCell(numberAt(status, 'ratePerSecond')) },
  { title: 'to go', align: 'end', cell: ({ status }) => etaCell(status) },
  { title: 'parked', align: 'end', cell: ({ status }) => countCell(numberAt(status, 'parkedCount')) },
  { title: 'tables', align: 'end', cell: ({ status }) => sizeCell(numberAt(status, 'tableBytes')) },
  { title: 'rebuild', cell: ({ rebuild }) => rebuildCell(rebuild) },
]

/** `1 of 2`: the rows are of an earlier version than the code. */
function versionCell(status: JsonObject): string {
  const [version, loaded] = [numberAt(status, 'version'), numberAt(status, 'loadedVersion')]
  const pinned = numberAt(status, 'pinnedVersion') === null ? '' : ' pinned'
  return loaded === null || loaded === version ? `${version}${pinned}` : `${version} of ${loaded}${pinned}`
}

function behindCell(status: JsonObject): string {
  const [events, seconds] = [numberAt(status, 'lagEvents'), numberAt(status, 'lagSeconds')]
  if (seconds === null) return '-'
  if (events === 0) return '0'
  return `${events === null ? 'many' : events.toLocaleString('en')}, ${lengthWords(seconds)}`
}

function rateCell(rate: number | null): string {
  return rate === null ? '-' : String(rate >= 10 ? Math.round(rate) : Math.round(rate * 10) / 10)
}

function etaCell(status: JsonObject): string {
  const [seconds, min, max] = [
    numberAt(status, 'etaSeconds'),
    numberAt(status, 'etaSecondsMin'),
    numberAt(status, 'etaSecondsMax'),
  ]
  return seconds === null || seconds === 0 ? '-' : rangeWords(seconds, min, max)
}

function countCell(count: number | null): string {
  return count === null ? '-' : count.toLocaleString('en')
}

function sizeCell(bytes: number | null): string {
  return bytes === null ? '-' : byteWords(bytes)
}

function rebuildCell(rebuild: RebuildAnswer | undefined): string {
  return rebuild === undefined ? '-' : `${Math.floor(rebuild.share * 100)} % ${phaseWords(rebuild)}`
}

/** Errors are too long for a column. */
function errorLine({ status }: Line): readonly string[] {
  const words = textAt(status, 'frozenWords') || textAt(status, 'lastError')
  return words === '' ? [] : ['', `${textAt(status, 'id')}: ${words}`]
}
