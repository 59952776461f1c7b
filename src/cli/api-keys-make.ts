/** `api-keys make`: a key for one program outside. */

import { isJsonObject } from '#kernel/json.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import { keysPath } from './api-keys-client.ts'
import { listScopes } from './api-keys-scopes.ts'
import type { Command } from './command.ts'
import { toEndAt } from './end-flag.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { parseCount } from './parse-count.ts'
import { textAt } from './projections-answers.ts'
import { mustSay } from './projections-parking.ts'

const help = `bun run peek api-keys make NAME --scopes <plugin>:<scope>[,...] [--per-minute N] [--ends WHEN] [--home DIR] [--url URL] [--json]

Makes a key for one program outside; NAME says whose it is. --per-minute: how many requests it may make on each agent, 60 unless
said. --ends: 90d unless said, or 2w, 12h, a date such as 2027-03-31, or never. The first line that is printed is the key: it is
shown this once, and only a hash of it is kept. "api-keys scopes" lists what there is to allow.`

const perMinuteDefault = 60
const endsDefault = '90d'

export const makeCommand: Command = {
  run: async (args) => {
    const kinds = { ...clientFlags, scopes: 'text', 'per-minute': 'text', ends: 'text' } as const
    const { flags, words, isHelp } = parseFlags(args, kinds)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const name = mustSay('whose key it is', words.join(' '), help)
    const said = mustSay('what the key may do, with --scopes', flags.scopes, help)
    const scopes = [...new Set(said.split(/[\s,;]+/).filter((scope) => scope !== ''))]
    const perMinute = flags['per-minute']
    const requestsPerMinute = perMinute === undefined ? perMinuteDefault : parseCount('--per-minute', perMinute)
    const expiresAt = toEndAt('--ends', flags.ends ?? endsDefault, Date.now())
    const admin = await openAdmin(flags)
    const known = (await listScopes(admin)).map(({ scope }) => scope)
    const made = await admin.request('POST', keysPath, { name, scopes, requestsPerMinute, expiresAt })
    if (!isJsonObject(made))
      throw new PlatformError(
        'unavailable',
        'Logic answered without a key: is it of another version than this command?',
      )
    const end = expiresAt === null ? 'until it is revoked' : `until ${new Date(expiresAt).toISOString().slice(0, 10)}`
    showResult(flags.json === true, { ...made, name, scopes, requestsPerMinute, expiresAt }, [
      textAt(made, 'key'),
      '',
      `The key of ${name}: it may ${scopes.join(', ')}, ${requestsPerMinute} requests a minute on each agent, ${end}.`,
      'It is shown this once, and only a hash of it is kept. Programs send it as "Authorization: Bearer <key>".',
    ])
    for (const words of doubts(scopes, known)) console.error(words)
    return 0
  },
}

/** Agents may be away, so that a scope nobody asks for just now is no mistake for certain. */
function doubts(scopes: readonly string[], known: readonly string[]): readonly string[] {
  return scopes
    .filter((scope) => !known.includes(scope))
    .map((scope) => {
      const near = nearestName(scope, known)
      return `No plugin on an agent that is linked just now asks for "${scope}"${near ? `; did you mean "${near}"?` : '.'}`
    })
}
