/** What the commands of `reactors` share: which reactor is meant, and its dead letters in the admin API. */
import type { JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminClient } from './admin-client.ts'
import { listAt } from './projections-answers.ts'

export async function listReactors(admin: AdminClient): Promise<readonly JsonObject[]> {
  return listAt(await admin.request('GET', '/api/reactors'), 'reactors')
}

export const nobodyWords = 'No reactor runs here: no plugin has one, or logic does not lead just now.'

export function lettersPath(reactor: string): string {
  return `/api/reactors/${encodeURIComponent(reactor)}/dead-letters`
}

/** The one word that names it. Throws `bad-input` without one, and with more. */
export function onlyReactor(words: readonly string[], usage: string): string {
  const [word, ...more] = words
  if (word !== undefined && more.length === 0) return word
  const found = word === undefined ? 'found none' : `found ${words.join(' ')}`
  throw new PlatformError('bad-input', `Say which reactor, as <plugin>.<reactor>: ${found}.\n\n${usage}`)
}
