/** What the commands of `api-keys` share: the keys, and which one is meant. */
import type { JsonObject } from '#kernel/json.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminClient } from './admin-client.ts'
import { listAt, numberAt, textAt } from './projections-answers.ts'
import { lengthWords } from './projections-words.ts'

export const keysPath = '/api/api-keys'

/** The newest first; those revoked long ago are left out. */
export async function listKeys(admin: AdminClient): Promise<readonly JsonObject[]> {
  return listAt(await admin.request('GET', keysPath), 'keys')
}

/** The one that the word means. Throws `not-found` without one, `bad-input` with more. */
export function findKey(keys: readonly JsonObject[], word: string): JsonObject {
  const meant = keys.filter((key) => isMeant(key, word))
  const working = meant.filter((key) => !isRevoked(key))
  const [only, ...more] = working.length > 0 ? working : meant
  if (only && (more.length === 0 || isRevoked(only))) return only
  if (only)
    throw new PlatformError(
      'bad-input',
      `"${word}" means ${working.map(keyWords).join('; ')}. Say the beginning of one.`,
    )
  const near = nearestName(
    word,
    keys.map((key) => textAt(key, 'name')),
  )
  // Not the word itself: somebody may have pasted a key.
  const hint = near === undefined ? '"api-keys list" shows them.' : `did you mean "${near}"?`
  throw new PlatformError('not-found', `There is no such API key; ${hint}`)
}

export function isRevoked(key: JsonObject): boolean {
  return numberAt(key, 'revokedAt') !== null
}

export function keyWords(key: JsonObject): string {
  return `${textAt(key, 'name')} (${textAt(key, 'start')})`
}

const warnBeforeMs = 14 * 86_400_000

/** How a key stands, in the words of the admin app. */
export function stateWords(key: JsonObject, now: number): string {
  const expiresAt = numberAt(key, 'expiresAt')
  if (isRevoked(key)) return 'Revoked'
  if (expiresAt === null || expiresAt - now >= warnBeforeMs) return 'Works'
  return expiresAt <= now ? 'Past its time' : `Ends in ${lengthWords((expiresAt - now) / 1_000)}`
}

const idLengthMin = 8

/** By its name, its id, or its beginning: also when somebody pastes all of a key that leaked. */
function isMeant(key: JsonObject, word: string): boolean {
  const id = textAt(key, 'id').replaceAll('-', '')
  const given = word
    .replace(/^peek_/, '')
    .replace(/(…|_.*)$/, '')
    .replaceAll('-', '')
  return textAt(key, 'name') === word || (given.length >= idLengthMin && id.startsWith(given))
}
