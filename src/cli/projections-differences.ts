/** `projections differences`: what would change, of a rebuild that waits for the word. */
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { AdminClient } from './admin-client.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { parseCount } from './parse-count.ts'
import { listAt, type RebuildAnswer, textAt } from './projections-answers.ts'
import { findRebuild, onlyWord } from './projections-client.ts'
import { differenceWords, valueWords } from './projections-words.ts'
import { toTextTable } from './text-table.ts'

const help = `bun run peek projections differences <plugin>.<projection> [--limit N] [--home DIR] [--url URL] [--json]

Rows of the new tables that differ from the live ones, a line for each column that differs; at most N rows, else 50. Then
"projections approve" swaps them in, and "projections cancel" leaves everything as it is.
  --json  one JSON object: { "differences": counts, "rows": [{ table, key, live, shadow }] }`

const rowCountDefault = 50
/** As many as one answer of logic holds. */
const pageCountMax = 200

export const differencesCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, limit: 'text' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const id = onlyWord(words, help)
    const countMax = flags.limit === undefined ? rowCountDefault : parseCount('--limit', flags.limit)
    const admin = await openAdmin(flags)
    const rebuild = await findRebuild(admin, id)
    const rows = await loadRows(admin, rebuild, countMax)
    const lines = rows.flatMap(toLines)
    showResult(flags.json === true, { differences: rebuild.differences, rows }, [
      `${rebuild.projection}: ${differenceWords(rebuild)}.`,
      ...(lines.length === 0 ? [] : ['', toTextTable(columns, lines)]),
    ])
    return 0
  },
}

async function loadRows(admin: AdminClient, { id }: RebuildAnswer, countMax: number): Promise<readonly JsonObject[]> {
  const rows: JsonObject[] = []
  let after: string | undefined = ''
  while (after !== undefined && rows.length < countMax) {
    const query = new URLSearchParams({ limit: String(Math.min(pageCountMax, countMax - rows.length)), after })
    const page = await admin.request('GET', `/api/rebuilds/${id}/differences?${query}`)
    rows.push(...listAt(page, 'rows'))
    after = isJsonObject(page) && typeof page.next === 'string' ? page.next : undefined
  }
  return rows
}

type Line = { readonly table: string; readonly key: string; readonly column: string; live: string; shadow: string }

const columns = [
  { title: 'table', cell: (line: Line) => line.table },
  { title: 'row', cell: (line: Line) => line.key },
  { title: 'column', cell: (line: Line) => line.column },
  { title: 'now', cell: (line: Line) => line.live },
  { title: 'then', cell: (line: Line) => line.shadow },
]

function toLines(row: JsonObject): readonly Line[] {
  const [table, key] = [textAt(row, 'table'), textAt(row, 'key')]
  const live = isJsonObject(row.live) ? row.live : undefined
  const shadow = isJsonObject(row.shadow) ? row.shadow : undefined
  const differing = [...new Set([...Object.keys(live ?? {}), ...Object.keys(shadow ?? {})])].filter(
    (column) => JSON.stringify(live?.[column] ?? null) !== JSON.stringify(shadow?.[column] ?? null),
  )
  const cell = (side: JsonObject | undefined, column: string): string =>
    side === undefined ? '(no row)' : valueWords(side[column])
  return differing.map((column) => ({ table, key, column, live: cell(live, column), shadow: cell(shadow, column) }))
}
