/** `api-keys scopes`: what keys may be allowed. */
import type { JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { AdminClient } from './admin-client.ts'
import { keysPath } from './api-keys-client.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { listAt, textAt, textsAt } from './projections-answers.ts'
import { toTextTable } from './text-table.ts'

const help = `bun run peek api-keys scopes [--home DIR] [--url URL] [--json]

What plugins on the agents that are linked just now may be asked, and the scope a key needs for each.`

export const scopesCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, clientFlags)
    if (isHelp) {
      console.log(help)
      return 0
    }
    if (words.length > 0)
      throw new PlatformError('bad-input', `Found ${words.join(' ')}: wanted flags only.\n\n${help}`)
    const scopes = await listScopes(await openAdmin(flags))
    const table = toTextTable(
      [
        { title: 'scope', cell: ({ scope }) => scope },
        { title: 'plugin', cell: ({ title }) => title },
        { title: 'routes', cell: ({ routes }) => routes.join(', ') },
      ],
      scopes,
    )
    const none = 'No plugin has routes on an agent that is linked just now.'
    showResult(flags.json === true, { scopes }, [scopes.length === 0 ? none : table])
    return 0
  },
}

export type KnownScope = { readonly scope: string; readonly title: string; readonly routes: readonly string[] }

/** Of plugins whose agent is linked just now. */
export async function listScopes(admin: AdminClient): Promise<readonly KnownScope[]> {
  const plugins = listAt(await admin.request('GET', `${keysPath}/scopes`), 'plugins')
  return plugins.flatMap((plugin) => listAt(plugin, 'scopes').map((found) => toScope(plugin, found)))
}

function toScope(plugin: JsonObject, found: JsonObject): KnownScope {
  return {
    scope: `${textAt(plugin, 'plugin')}:${textAt(found, 'scope')}`,
    title: textAt(plugin, 'title'),
    routes: textsAt(found, 'routes'),
  }
}
