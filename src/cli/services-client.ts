/** What the commands of `services` share: the instances, and which one is meant. */
import type { JsonObject } from '#kernel/json.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminClient } from './admin-client.ts'
import { listAt, textAt } from './projections-answers.ts'

export async function listServices(admin: AdminClient): Promise<readonly JsonObject[]> {
  return listAt(await admin.request('GET', '/api/services'), 'services')
}

/** The one that is connected and that the word means, or was before it was lost, where that will do. Throws `not-found` without one, `bad-input` with more. */
export async function findService(
  admin: AdminClient,
  word: string,
  { mayBeLost = false }: { readonly mayBeLost?: boolean } = {},
): Promise<JsonObject> {
  const services = await listServices(admin)
  const meant = services.filter((service) => isMeant(service, word))
  const online = meant.filter((service) => service.state === 'online')
  const [only, ...more] = online
  if (only && more.length === 0) return only
  if (only)
    throw new PlatformError('bad-input', `"${word}" means ${online.map(serviceWords).join('; ')}. Say which id.`)
  const [lost, ...moreLost] = meant
  if (lost && mayBeLost && moreLost.length === 0) return lost
  if (lost) throw new PlatformError('unavailable', `${serviceWords(lost)} is not connected just now.`)
  const near = nearestName(word, services.flatMap(wordsOf))
  throw new PlatformError('not-found', `There is no service "${word}"${near ? `; did you mean "${near}"?` : '.'}`)
}

export function onlyService(words: readonly string[], usage: string): string {
  const [word, ...more] = words
  if (word !== undefined && more.length === 0) return word
  const found = word === undefined ? 'found none' : `found ${words.join(' ')}`
  throw new PlatformError('bad-input', `Say which service, by role, name or id: ${found}.\n\n${usage}`)
}

export function servicePath(service: JsonObject, deed: string): string {
  return `/api/services/${encodeURIComponent(textAt(service, 'id'))}/${deed}`
}

export function serviceWords(service: JsonObject): string {
  return `${textAt(service, 'name')} "${textAt(service, 'instanceName')}" (${shortId(service)}, zone ${textAt(service, 'zone')}, on ${textAt(service, 'host')})`
}

const shortIdLength = 8

/** As much of it as tells instances apart. */
export function shortId(service: JsonObject): string {
  return textAt(service, 'id').slice(0, shortIdLength)
}

function isMeant(service: JsonObject, word: string): boolean {
  const isId = word.length >= shortIdLength && textAt(service, 'id').startsWith(word)
  return isId || wordsOf(service).includes(word)
}

const wordsOf = (service: JsonObject): string[] => [textAt(service, 'name'), textAt(service, 'instanceName')]
