/** What the commands of `projections` share: which projection or rebuild is meant. */
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminClient } from './admin-client.ts'
import { listAt, objectAt, type RebuildAnswer, toRebuild } from './projections-answers.ts'

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
