/** `audit replay`: a slice of history through a projection, into tables of its own that are dropped afterwards. */
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { AdminClient } from './admin-client.ts'
import { cellText } from './audit-as-of.ts'
import { plainText, textAt } from './audit-event.ts'
import type { Command } from './command.ts'
import { countWords, createProgressLine, listenForInterrupt } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { parseCount } from './parse-count.ts'
import { momentHelp, toMomentText } from './past-moment.ts'
import { toTextTable } from './text-table.ts'

const help = `bun run peek audit replay PROJECTION [--version N] [--from WHEN] [--to WHEN] [--stream BEGINNING] [--type BEGINNING]
                        [--live] [--limit N] [--home DIR] [--url URL] [--json]

  PROJECTION       <plugin>.<projection>
  --version N      of its kept code; without it, today's
  --from, --to     everything after --from WHEN, up to --to WHEN; all of the log where they are not said
  --live           compares with the live rows
  --limit N        rows a table at most (20)

${momentHelp}

Starts from empty tables. Live rows and the log are not touched; the replay's tables are dropped when it has been shown.`

const lookEveryMs = 200

export const replayCommand: Command = {
  run: async (args) => {
    const own = { version: 'text', from: 'text', to: 'text', stream: 'text', type: 'text', limit: 'text' } as const
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, ...own, live: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const [projection, ...more] = words
    if (projection === undefined || more.length > 0)
      throw new PlatformError('bad-input', `Say one projection.\n\n${help}`)
    const now = Date.now()
    const request = {
      projection,
      version: flags.version === undefined ? null : parseCount('--version', flags.version),
      from: flags.from === undefined ? '' : toMomentText('--from', flags.from, now),
      to: toMomentText('--to', flags.to ?? 'now', now),
      stream: flags.stream ?? '',
      type: flags.type ?? '',
    }
    const limit = flags.limit === undefined ? 20 : parseCount('--limit', flags.limit)
    const admin = await openAdmin(flags)
    const isJson = flags.json === true
    const begun = replayOf(await admin.request('POST', '/api/past/replays', request))
    const path = `/api/past/replays/${textAt(begun, 'id')}`
    try {
      const replay = await follow(admin, path, isJson)
      const tables = await loadTables(admin, path, replay, { limit, isLive: flags.live === true })
      const comparison = flags.live === true ? await admin.request('GET', `${path}/comparison`) : undefined
      const compared = isJsonObject(comparison) && Array.isArray(comparison.tables) ? comparison.tables : []
      if (isJson) console.log(JSON.stringify({ replay, tables, comparison: compared }))
      else console.log([...describe(replay), ...tables.flatMap((table) => describeTable(table, compared))].join('\n'))
      return replay.phase === 'done' ? 0 : 1
    } finally {
      await admin.request('POST', `${path}/drop`, {}).catch(() => undefined)
    }
  },
}

async function follow(admin: AdminClient, path: string, isJson: boolean): Promise<JsonObject> {
  const interrupt = listenForInterrupt()
  const progress = createProgressLine('replaying', isJson)
  try {
    for (;;) {
      const replay = replayOf(await admin.request('GET', path))
      if (replay.phase !== 'running') return replay
      progress.show(Number(replay.share), countWords(Number(replay.eventCount), 'event'))
      if (interrupt.aborted) return replayOf(await admin.request('POST', `${path}/cancel`, {}))
      await Bun.sleep(lookEveryMs)
    }
  } finally {
    progress.end()
  }
}

async function loadTables(
  admin: AdminClient,
  path: string,
  { tables, isComparable }: JsonObject,
  { limit, isLive }: { readonly limit: number; readonly isLive: boolean },
): Promise<readonly JsonObject[]> {
  const names = Array.isArray(tables) ? tables.map(String) : []
  const live = isLive && isComparable === true ? 'yes' : ''
  const pages = names.map((table) =>
    admin.request('GET', `${path}/rows?${new URLSearchParams({ table, limit: String(limit), live })}`),
  )
  return (await Promise.all(pages)).filter(isJsonObject)
}

function describe(replay: JsonObject): string[] {
  const { phase, projection, version, eventCount, parkedCount, failures, error } = replay
  const failed = Array.isArray(failures) ? failures.filter(isJsonObject) : []
  return [
    `${String(projection)}, version ${String(version)}: ${String(phase)}, ${countWords(Number(eventCount), 'event')}`,
    ...(error === null ? [] : [String(error)]),
    ...(Number(parkedCount) > 0 ? [`${countWords(Number(parkedCount), 'event')} could not be taken:`] : []),
    ...failed.map((each) => `  ${textAt(each, 'type')} in ${textAt(each, 'stream')}: ${textAt(each, 'words')}`),
  ].map(plainText)
}

function describeTable(page: JsonObject, compared: readonly Json[]): string[] {
  const table = textAt(page, 'table')
  const columns = Array.isArray(page.columns) ? page.columns.map(String) : []
  const rows = Array.isArray(page.rows) ? page.rows.filter(isJsonObject) : []
  const counts = compared.filter(isJsonObject).find((each) => each.table === table)
  const shown = rows.map(({ row }) => (isJsonObject(row) ? row : {}))
  const cells = columns.map((name) => ({ title: name, cell: (row: JsonObject) => cellText(name, row[name]) }))
  const differing = rows.filter(({ live, fields }) => live === null || (Array.isArray(fields) && fields.length > 0))
  return [
    '',
    `${table}: ${countWords(Number(page.rowCount), 'row')}`,
    ...(shown.length === 0 ? [] : toTextTable(cells, shown).split('\n')),
    ...(counts
      ? [
          `beside the live rows: ${String(counts.equal)} equal, ${String(counts.different)} different, ` +
            `${String(counts.onlyHere)} only here, ${String(counts.onlyLive)} only live`,
          ...differing.map(({ row, live }) => `  ${JSON.stringify(row)} live ${JSON.stringify(live)}`),
        ]
      : []),
  ].map(plainText)
}

function replayOf(answer: unknown): JsonObject {
  if (isJsonObject(answer) && isJsonObject(answer.replay)) return answer.replay
  throw new PlatformError('unavailable', 'The server answered something that this command does not understand.')
}
