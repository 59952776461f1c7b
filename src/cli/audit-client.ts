/** What the commands of `audit` share: the way to the admin API, and how a search is said in flags. */
import { loadConfig } from '#config/load-config.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { findRememberedPort } from '#services/supervisor/ports.ts'
import { type AdminClient, signIn } from './admin-client.ts'
import { resolveHome } from './home-flag.ts'
import { toInstantText } from './instant-flag.ts'

export const clientFlags = { home: 'text', url: 'text', json: 'toggle' } as const

/** Signs in to the logic of this home, or at `--url`. */
export async function openAdmin(flags: { readonly home?: string; readonly url?: string }): Promise<AdminClient> {
  const home = resolveHome(flags.home)
  const { sitePort, recoveryUser } = loadConfig({ role: 'logic', home }).values.httpServer.admin
  const port = sitePort || findRememberedPort(home, 'logic')
  if (flags.url !== undefined) return signIn(flags.url, recoveryUser)
  if (port !== undefined) return signIn(`http://127.0.0.1:${port}`, recoveryUser)
  const words = `No logic has run in ${home} yet, so its address is not known: start it with "bun run up", or say --url URL.`
  throw new PlatformError('unavailable', words)
}

export const searchFlags = {
  stream: 'text',
  type: 'text',
  plugin: 'text',
  entity: 'text',
  user: 'text',
  device: 'text',
  correlation: 'text',
  kind: 'text',
  outcome: 'text',
  text: 'text',
  from: 'text',
  to: 'text',
  time: 'text',
} as const

type SearchFlags = { readonly [N in keyof typeof searchFlags]?: string }

export const searchHelp = `  --stream BEGINNING   --type BEGINNING   --plugin ID   --entity ID   --user NAME   --device ID
  --text WORDS         somewhere in the data, as "name: value" a line; capitals do not count
  --from, --to WHEN    2026-03-31, "2026-03-31 14:00" (of this machine's zone), with a zone, or 3h, 7d ago
  --time WHICH         recorded (the server's clock, as without it) or occurred (the device's)
  --outcome WHICH      accepted or refused: actions by their answer
  --kind KIND          action, fact, refusal, decision, job or foreign
  --correlation ID     all that followed from one action`

/** The query of an address; what does not fit is refused by the server, in its words. */
export function toSearchQuery(flags: SearchFlags, now: number): URLSearchParams {
  const query = new URLSearchParams()
  for (const name of Object.keys(searchFlags) as (keyof SearchFlags)[]) {
    const value = flags[name]
    if (value === undefined) continue
    query.set(name, name === 'from' || name === 'to' ? toInstantText(`--${name}`, value, now) : value)
  }
  return query
}
