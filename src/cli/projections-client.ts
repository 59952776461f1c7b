/** What the commands of `projections` share: the way to the admin API, and which projection or rebuild is meant. */
import { loadConfig } from '#config/load-config.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { findRememberedPort } from '#services/supervisor/ports.ts'
import { type AdminClient, signIn } from './admin-client.ts'
import { resolveHome } from './home-flag.ts'
import { listAt, objectAt, type RebuildAnswer, toRebuild } from './projections-answers.ts'

/** Flags that every one of them has. */
export const clientFlags = { home: 'text', url: 'text', json: 'toggle' } as const
export type ClientFlags = { readonly home?: string; readonly url?: string; readonly json?: true }

/** Signs in to the logic of this home, or at `--url`. */
export async function openAdmin(flags: ClientFlags): Promise<AdminClient> {
  const home = resolveHome(flags.home)
  const { sitePort, recoveryUser } = loadConfig({ role: 'logic', home }).values.httpServer.admin
  return signIn(flags.url ?? toUrl(home, sitePort || findRememberedPort(home, 'logic')), recoveryUser)
}

function toUrl(home: string, port: number | undefined): string {
  if (port !== undefined) return `http://127.0.0.1:${port}`
  const words = `No logic has run in ${home} yet, so its address is not known: start it with "bun run up", or say --url URL.`
  throw new PlatformError('unavailable', words)
}

/** The one word that names it. Throws `bad-input` without one, and with more. */
export function onlyWord(words: readonly string[], usage: string): string {
  const [word, ...more] = words
  if (word !== undefined && more.length === 0) return word
  const found = word === undefined ? 'found none' : `found ${words.join(' ')}`
  throw new PlatformError('bad-input', `Say which projection, as <plugin>.<projection>: ${found}.\n\n${usage}`)
}

export function projectionPath(id: string): string {
  return `/api/projections/${encodeURIComponent(id)}`
}

/** The rebuild under way of a projection, or the one with this id. */
export async function findRebuild(admin: AdminClient, word: string): Promise<RebuildAnswer> {
  const rebuilds = listAt(await admin.request('GET', '/api/rebuilds'), 'rebuilds').map(toRebuild)
  const found =
    rebuilds.find(({ id }) => id === word) ?? rebuilds.find((each) => each.projection === word && each.endedAt === null)
  if (found) return found
  // Refuses a name with a slip in it by the right one.
  await admin.request('GET', projectionPath(word))
  throw new PlatformError(
    'not-found',
    `No rebuild of ${word} is under way. "projections rebuild ${word}" begins one; "projections status ${word}" shows the last ones.`,
  )
}

/** Asks for one of a rebuild's verbs; the answer is how it is then. */
export async function steer(
  admin: AdminClient,
  { id }: RebuildAnswer,
  verb: 'pause' | 'resume' | 'approve' | 'cancel' | 'throttle',
  body: object = {},
): Promise<RebuildAnswer> {
  const answer = await admin.request('POST', `/api/rebuilds/${encodeURIComponent(id)}/${verb}`, body)
  return toRebuild(objectAt(answer, 'rebuild'))
}
