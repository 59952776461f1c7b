/** What the commands of `devices` share: the devices, which one is meant, and how they stand in words. */
import type { JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminClient } from './admin-client.ts'
import { listAt, numberAt, textAt } from './projections-answers.ts'

export async function listDevices(admin: AdminClient): Promise<readonly JsonObject[]> {
  return listAt(await admin.request('GET', '/api/devices'), 'devices')
}

const shortIdLength = 8

/** As much of it as tells devices apart. */
export function shortId(device: JsonObject): string {
  return textAt(device, 'device').slice(0, shortIdLength)
}

/** The id that the word begins. Throws `not-found` without one, `bad-input` with more. */
export async function findDevice(admin: AdminClient, word: string): Promise<string> {
  const ids = [...new Set((await listDevices(admin)).map((device) => textAt(device, 'device')))]
  const meant = ids.filter((id) => word !== '' && id.startsWith(word.toLowerCase()))
  const [only, ...more] = meant
  if (only !== undefined && more.length === 0) return only
  if (only !== undefined) throw new PlatformError('bad-input', `"${word}" begins ${meant.join(', ')}. Say more of it.`)
  throw new PlatformError('not-found', `There is no device whose id begins with "${word}"; "devices list" shows all.`)
}

export function countCell(device: JsonObject, name: string): string {
  return (numberAt(device, name) ?? 0).toLocaleString('en')
}

export function versionWords(device: JsonObject): string {
  const build = textAt(device, 'build') || 'not said'
  const behind = numberAt(device, 'versionsBehind')
  if (behind === null) return `${build} (never ran here)`
  return behind === 0 ? build : `${build} (${behind} behind)`
}

export function instantWords(device: JsonObject, name: string): string {
  const at = numberAt(device, name)
  return at === null ? '' : new Date(at).toISOString()
}

export function contactWords(device: JsonObject): string {
  return device.isOnline === true ? 'now' : instantWords(device, 'lastContactAt')
}
