/** `api-keys list`: all keys and how they stand. */
import type { JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import { isRevoked, listKeys, stateWords } from './api-keys-client.ts'
import type { Command } from './command.ts'
import { countWords, showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { numberAt, textAt, textsAt } from './projections-answers.ts'
import { lengthWords } from './projections-words.ts'
import { toTextTable } from './text-table.ts'

const help = `bun run peek api-keys list [--all] [--home DIR] [--url URL] [--json]

Keys of programs outside, the newest first: whose, what each may do, when it was last used. --all: those as well that were
revoked in the last 90 days.`

export const listCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, all: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    if (words.length > 0)
      throw new PlatformError('bad-input', `Found ${words.join(' ')}: wanted flags only.\n\n${help}`)
    const found = await listKeys(await openAdmin(flags))
    const keys = flags.all ? found : found.filter((key) => !isRevoked(key))
    const revokedCount = found.length - keys.length
    const more = revokedCount === 0 ? [] : [`${countWords(revokedCount, 'revoked key')}: say --all.`]
    const table = keys.length === 0 ? 'There are no API keys. "api-keys make" makes one.' : toTable(keys)
    showResult(flags.json === true, { keys }, [table, ...more])
    return 0
  },
}

function toTable(keys: readonly JsonObject[]): string {
  const now = Date.now()
  return toTextTable(
    [
      { title: 'key', cell: (key) => textAt(key, 'start') },
      { title: 'name', cell: (key) => textAt(key, 'name') },
      { title: 'state', cell: (key) => stateWords(key, now) },
      { title: 'may do', cell: (key) => textsAt(key, 'scopes').join(', ') },
      {
        title: 'a minute',
        align: 'end',
        cell: (key) => (numberAt(key, 'requestsPerMinute') ?? 0).toLocaleString('en'),
      },
      { title: 'last used', cell: (key) => agoWords(numberAt(key, 'lastUsedAt'), now) },
      { title: 'made by', cell: (key) => textAt(key, 'madeBy') },
      { title: 'ends', cell: endWords },
    ],
    keys,
  )
}

function agoWords(at: number | null, now: number): string {
  return at === null ? 'never' : `${lengthWords(Math.max(0, Math.round((now - at) / 1_000)))} ago`
}

function endWords(key: JsonObject): string {
  const [expiresAt, revokedAt] = [numberAt(key, 'expiresAt'), numberAt(key, 'revokedAt')]
  if (revokedAt !== null) return `${dayOf(revokedAt)}, by ${textAt(key, 'revokedBy') || 'somebody'}`
  return expiresAt === null ? 'when it is revoked' : dayOf(expiresAt)
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
