/** `projection list` and `projection reset <id>`: asks the running logic through its admin API. */
import { loadConfig } from '#config/load-config.ts'
import { isJsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import { findRememberedPort } from '#services/supervisor/ports.ts'
import { type AdminClient, signIn } from './admin-client.ts'
import type { Command } from './command.ts'
import { resolveHome } from './home-flag.ts'

const help = `bun run peek projection list [--home DIR] [--url URL]
bun run peek projection reset <plugin>.<projection> [--reason TEXT] [--home DIR] [--url URL]

Asks the running logic, as the administrator of <home>/logic/config.json.
A reset empties the read model and fills it again from the log; screens show the rows as they
come back. Nothing in the log changes.`

export const projectionCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { home: 'text', url: 'text', reason: 'text' })
    const [verb = 'list', id] = words
    if (isHelp) return show(help)
    const home = resolveHome(flags.home)
    const { sitePort, recoveryUser } = loadConfig({ role: 'logic', home }).values.httpServer.admin
    const url = flags.url ?? toUrl(home, sitePort || findRememberedPort(home, 'logic'))
    if (verb === 'list') return list(await signIn(url, recoveryUser))
    if (verb === 'reset' && id !== undefined) return reset(await signIn(url, recoveryUser), id, flags.reason)
    throw new PlatformError(
      'bad-input',
      verb === 'reset' ? 'Say which projection to reset: <plugin>.<projection>.' : help,
    )
  },
}

function toUrl(home: string, port: number | undefined): string {
  if (port !== undefined) return `http://127.0.0.1:${port}`
  const words = `No logic has run in ${home} yet, so its address is not known: start it with "bun run up", or say --url URL.`
  throw new PlatformError('unavailable', words)
}

async function list(admin: AdminClient): Promise<number> {
  const found = await admin.request('GET', '/api/projections')
  const projections = isJsonObject(found) && Array.isArray(found.projections) ? found.projections : []
  const rows = projections.filter(isJsonObject).map((status) => columns.map(({ key }) => showCell(status[key])))
  return show(toTable([columns.map(({ title }) => title), ...rows]))
}

const columns = [
  { key: 'id', title: 'projection' },
  { key: 'state', title: 'state' },
  { key: 'version', title: 'version' },
  { key: 'eventCount', title: 'events' },
  { key: 'lagEvents', title: 'behind' },
  { key: 'ratePerSecond', title: 'a second' },
  { key: 'etaSeconds', title: 'done in s' },
  { key: 'parkedCount', title: 'parked' },
  { key: 'lastError', title: 'last error' },
] as const

function showCell(value: unknown): string {
  if (value === null || value === undefined) return '-'
  return typeof value === 'number' ? String(Math.round(value * 10) / 10) : String(value)
}

function toTable(rows: readonly (readonly string[])[]): string {
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

async function reset(admin: AdminClient, id: string, reason = 'asked for on the command line'): Promise<number> {
  await admin.request('POST', `/api/projections/${encodeURIComponent(id)}/reset`, { reason })
  return show(`The reset of ${id} has begun; "projection list" shows how far it is.`)
}

function show(words: string): number {
  console.log(words)
  return 0
}
