/** `audit as-of`: a screen, a table or an entity as it was, or what became of it between two moments. */
import { isJsonObject, type Json, type JsonObject, tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { AdminClient } from './admin-client.ts'
import { instantWords, plainText, textAt } from './audit-event.ts'
import type { Command } from './command.ts'
import { countWords } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { askPast } from './past-asking.ts'
import { momentHelp, toMomentText } from './past-moment.ts'
import { toTextTable } from './text-table.ts'

const help = `bun run peek audit as-of WHAT [--at WHEN] [--since WHEN] [--pick FIELD=VALUE,…] [--limit N] [--home DIR] [--url URL] [--json]

  WHAT             a screen's observable (tutorial.StringInt), a table (tutorial.string-ints/rows), or an entity's
                   stream (tutorial.StringInt-<id>)
  --at WHEN        now, where it is not said
  --since WHEN     shows what changed from then to --at
  --pick           only the rows with these values
  --limit N        rows at most (100)

${momentHelp}

Rows are what today's code makes of the log up to then. The first look at an old moment folds the history once.`

type Flags = { readonly at?: string; readonly since?: string; readonly pick?: string; readonly limit?: string }

export const asOfCommand: Command = {
  run: async (args) => {
    const own = { at: 'text', since: 'text', pick: 'text', limit: 'text' } as const
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, ...own })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const [what, ...more] = words
    if (what === undefined || more.length > 0)
      throw new PlatformError('bad-input', `Say one thing to look at.\n\n${help}`)
    const isJson = flags.json === true
    const admin = await openAdmin(flags)
    const isEntity = /^[^./]+\.[A-Z][A-Za-z0-9]*-./.test(what)
    const found = await (isEntity ? lookAtEntity(admin, what, flags) : lookAtRows(admin, what, flags, isJson))
    console.log(isJson ? JSON.stringify(found) : describe(found).map(plainText).join('\n'))
    return 0
  },
}

async function lookAtEntity(admin: AdminClient, stream: string, flags: Flags): Promise<JsonObject> {
  const { at, since } = momentsOf(flags)
  const query = new URLSearchParams(since === undefined ? { stream, at } : { stream, from: since, to: at })
  const path = since === undefined ? 'entity' : 'entity/difference'
  return asObject(await admin.request('GET', `/api/past/${path}?${query}`))
}

async function lookAtRows(admin: AdminClient, what: string, flags: Flags, isJson: boolean): Promise<JsonObject> {
  const { at, since } = momentsOf(flags)
  const [projection = '', table] = what.split('/')
  const query = new URLSearchParams(table === undefined ? { observable: what } : { projection, table })
  query.set('limit', flags.limit ?? '100')
  if (flags.pick !== undefined) query.set('selector', JSON.stringify(parsePick(flags.pick)))
  if (since === undefined) query.set('at', at)
  else for (const [name, moment] of Object.entries({ from: since, to: at })) query.set(name, moment)
  return askPast(admin, `/api/past/rows${since === undefined ? '' : '/difference'}?${query}`, isJson)
}

function momentsOf({ at = 'now', since }: Flags): { at: string; since: string | undefined } {
  const now = Date.now()
  return {
    at: toMomentText('--at', at, now),
    since: since === undefined ? undefined : toMomentText('--since', since, now),
  }
}

/** `id=7,site=North`: a value that is JSON is what it says, anything else is text. */
export function parsePick(text: string): JsonObject {
  const entries = text.split(',').map((part): [string, Json] => {
    const place = part.indexOf('=')
    if (place <= 0) throw new PlatformError('bad-input', `--pick is "${text}": wanted field=value,field=value.`)
    const value = part.slice(place + 1)
    return [part.slice(0, place).trim(), plainValue(value)]
  })
  return Object.fromEntries(entries)
}

function plainValue(text: string): Json {
  const parsed = tryParseJson(text)
  const isPlain = parsed === null || ['string', 'number', 'boolean'].includes(typeof parsed)
  return isPlain ? (parsed as Json) : text
}

function describe(found: JsonObject): string[] {
  if (Array.isArray(found.rows)) return describeRows(found, found.rows.filter(isJsonObject))
  if (Array.isArray(found.changes)) return describeChanges(found, found.changes.filter(isJsonObject))
  if (Array.isArray(found.differences)) return describeDifferences(found, found.differences.filter(isJsonObject))
  return describeEntity(found)
}

function describeRows(found: JsonObject, rows: readonly JsonObject[]): string[] {
  const more = Number(found.rowCount) - rows.length
  return [
    `${String(found.projection)}, version ${String(found.version)}, at ${String(found.position)}`,
    '',
    ...(rows.length === 0 ? ['No rows.'] : [toTextTable(columnsOf(found), rows)]),
    ...(more > 0 ? [`… and ${countWords(more, 'row')} more: say --limit or --pick.`] : []),
  ].flatMap((text) => text.split('\n'))
}

function describeChanges(found: JsonObject, changes: readonly JsonObject[]): string[] {
  const lines = changes.flatMap((change) => [
    `${change.before === null ? '+' : change.after === null ? '-' : '~'} ${textAt(change, 'key')}`,
    ...fieldLines(change),
  ])
  return [
    `${String(found.added)} added, ${String(found.removed)} removed, ${String(found.changed)} changed`,
    ...(lines.length === 0 ? [] : ['', ...lines]),
  ]
}

function fieldLines({ before, after, fields }: JsonObject): string[] {
  if (!isJsonObject(before) || !isJsonObject(after)) return [`    ${JSON.stringify(after ?? before)}`]
  const names = Array.isArray(fields) ? fields.map(String) : []
  return names.map(
    (name) => `    ${name}: ${JSON.stringify(before[name] ?? null)} -> ${JSON.stringify(after[name] ?? null)}`,
  )
}

function describeDifferences(found: JsonObject, differences: readonly JsonObject[]): string[] {
  const revisionOf = (side: Json | undefined) => (isJsonObject(side) ? String(side.revision) : '?')
  const lines = differences.map(({ path, before, after }) => {
    const name = Array.isArray(path) ? path.join('.') : ''
    return `  ${name || '(all of it)'}: ${JSON.stringify(before ?? null)} -> ${JSON.stringify(after ?? null)}`
  })
  return [
    `from revision ${revisionOf(found.before)} to revision ${revisionOf(found.after)}`,
    ...(lines.length === 0 ? ['  nothing changed'] : lines),
  ]
}

function describeEntity(found: JsonObject): string[] {
  const { stream, revision, lastRevision, state, hasDecider, unreadable } = found
  if (revision === -1) return [`${String(stream)} was not there yet.`]
  return [
    `${String(stream)} at revision ${String(revision)} of ${String(lastRevision)}`,
    ...(hasDecider === true
      ? JSON.stringify(state, null, 2).split('\n')
      : ['Nobody decides about this kind of entity: it has events only.']),
    ...(isJsonObject(unreadable)
      ? [`Revision ${String(unreadable.revision)} cannot be read: ${unreadable.words}`]
      : []),
  ]
}

function columnsOf({ fields }: JsonObject) {
  const names = Array.isArray(fields) ? fields.map(String) : []
  return names.map((name) => ({ title: name, cell: (row: JsonObject) => cellText(name, row[name]) }))
}

export function cellText(name: string, value: Json | undefined): string {
  if (value === null || value === undefined) return '-'
  if (typeof value === 'number' && /At$/.test(name)) return instantWords(value)
  return typeof value === 'string' ? plainText(value) : JSON.stringify(value)
}

function asObject(answer: unknown): JsonObject {
  if (isJsonObject(answer)) return answer
  throw new PlatformError('unavailable', 'The server answered something that this command does not understand.')
}
