/** `audit show`: one event, what it followed from, and what followed from it. */
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import { eventLine, instantWords, plainText, textAt, typeWords } from './audit-event.ts'
import type { Command } from './command.ts'
import { clientFlags, openAdmin } from './open-admin.ts'

const help = `bun run peek audit show ID|POSITION [--home DIR] [--url URL] [--json]

The event as it was recorded and, where that is something else, as today's code reads it; when it happened and when it
was recorded; the tap it followed from, and all that followed.`

export const showCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, clientFlags)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const [id, ...more] = words
    if (id === undefined || more.length > 0)
      throw new PlatformError('bad-input', `Say one event, by its id or its position.\n\n${help}`)
    const admin = await openAdmin(flags)
    const path = `/api/audit/events/${encodeURIComponent(id)}`
    const shown = await admin.request('GET', path)
    const [tree, rows] = await Promise.all([admin.request('GET', `${path}/tree`), admin.request('GET', `${path}/rows`)])
    if (!isJsonObject(shown) || !isJsonObject(tree) || !isJsonObject(rows))
      throw new PlatformError('unavailable', 'The server answered something that this command does not understand.')
    if (flags.json) console.log(JSON.stringify({ ...shown, tree, rows: rows.rows ?? null }))
    else console.log([...describe(shown), '', ...describeTree(tree, id), ...describeRows(rows)].join('\n'))
    return 0
  },
}

function describe(shown: JsonObject): string[] {
  const event = isJsonObject(shown.event) ? shown.event : {}
  const version = textAt(event, 'schemaVersion')
  const lines: [string, string][] = [
    ['event', textAt(event, 'id')],
    ['type', `${typeWords(event)}${version === '' ? '' : `, version ${version}`}`],
    ['stream', `${textAt(event, 'stream')} at revision ${textAt(event, 'revision')}`],
    ['position', textAt(event, 'position')],
    ['happened', instantWords(event.occurredAt)],
    ['recorded', instantWords(event.recordedAt)],
    ['person', textAt(event, 'user')],
    ['device', textAt(event, 'device')],
    ['service', textAt(event, 'service')],
    ['action', textAt(event, 'actionId')],
  ]
  const width = Math.max(...lines.map(([name]) => name.length))
  return [
    ...lines.filter(([, value]) => value !== '').map(([name, value]) => plainText(`${name.padEnd(width)}  ${value}`)),
    '',
    ...jsonLines('data', event.data),
    ...describeToday(shown),
    ...(shown.metadata === null
      ? ['', 'The log does not hold it any more: its stream was deleted or keeps less.']
      : []),
  ]
}

function describeToday({ today, todayWords }: JsonObject): string[] {
  if (typeof todayWords === 'string') return ['', plainText(`Today's code cannot read it: ${todayWords}`)]
  if (!isJsonObject(today)) return []
  return ['', ...jsonLines(`data as today's code reads it, version ${textAt(today, 'schemaVersion')}`, today.data)]
}

function jsonLines(title: string, value: Json | undefined): string[] {
  return [`${title}:`, ...JSON.stringify(value ?? null, null, 2).split('\n')].map(plainText)
}

/** The tap at the top, and below it what followed, each under what it followed from; this one is marked. */
function describeTree(tree: JsonObject, shownId: string): string[] {
  const tap = isJsonObject(tree.tap) ? tree.tap : undefined
  const first = tap
    ? [plainText(`${instantWords(tap.occurredAt)}  ${textAt(tap, 'user')} on ${textAt(tap, 'device')}`)]
    : []
  const walk = (node: Json, depth: number): string[] => {
    if (!isJsonObject(node) || !isJsonObject(node.event)) return []
    const { id, position } = node.event
    const mark = id === shownId || position === shownId ? '* ' : '  '
    const effects = Array.isArray(node.effects) ? node.effects : []
    return [`${mark}${'  '.repeat(depth)}${eventLine(node.event)}`, ...effects.flatMap((each) => walk(each, depth + 1))]
  }
  const roots = Array.isArray(tree.roots) ? tree.roots.flatMap((root) => walk(root, 0)) : []
  const cut = tree.isCut === true ? ['  … and more, which is left out here'] : []
  return ['what followed from what:', ...first, ...roots, ...cut]
}

function describeRows({ rows, words }: JsonObject): string[] {
  if (!Array.isArray(rows)) return []
  const lines = rows
    .filter(isJsonObject)
    .flatMap((row) => [
      plainText(`  ${textAt(row, 'projection')} ${textAt(row, 'table')} ${textAt(row, 'key')}`),
      plainText(`    before ${JSON.stringify(row.before ?? null)}`),
      plainText(`    after  ${JSON.stringify(row.after ?? null)}`),
    ])
  const note = typeof words === 'string' ? [plainText(`  ${words}`)] : []
  return ['', 'rows it changed:', ...(lines.length === 0 && note.length === 0 ? ['  none'] : lines), ...note]
}
