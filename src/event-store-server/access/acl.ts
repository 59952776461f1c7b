/**
 * Access control lists, as stream metadata has them: `$acl: { $r, $w, $d, $mr, $mw }`, each a user, a group or a list of both.
 *
 * A right the list does not name is decided by the defaults; a right whose value cannot be understood is nobody's, because
 * somebody meant to restrict it. `$all` stands for everybody, `$admins` need no entry.
 */
import { isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import type { StreamRight } from './access.ts'

/** Who has each right. A right that is not there is left to the defaults. */
export type Acl = { readonly [Right in StreamRight]?: readonly string[] }

/** The lists of streams that say nothing themselves; those whose names begin with `$` are the system's. */
export type DefaultAcls = { readonly userStreams: Required<Acl>; readonly systemStreams: Required<Acl> }

export const everybody = '$all'
export const administrators = '$admins'
export const operators = '$ops'

/** The stream whose last event holds the defaults. */
export const settingsStream = '$settings'

const keyOf: Readonly<Record<StreamRight, string>> = {
  read: '$r',
  write: '$w',
  delete: '$d',
  'read-metadata': '$mr',
  'write-metadata': '$mw',
}
const rights = Object.keys(keyOf) as StreamRight[]

const factoryDefaults: DefaultAcls = {
  userStreams: allRights([everybody]),
  systemStreams: allRights([administrators]),
}

/** From the data of a metadata event. */
export function parseAcl(metadata: Buffer | undefined): Acl {
  return toAcl(parseObject(metadata).$acl)
}

/** From the data of the last event of `$settings`. */
export function parseDefaultAcls(settings: Buffer | undefined): DefaultAcls {
  const { $userStreamAcl, $systemStreamAcl } = parseObject(settings)
  return {
    userStreams: { ...factoryDefaults.userStreams, ...toAcl($userStreamAcl) },
    systemStreams: { ...factoryDefaults.systemStreams, ...toAcl($systemStreamAcl) },
  }
}

export function whoMay(right: StreamRight, streamName: string, acl: Acl, defaults: DefaultAcls): readonly string[] {
  return acl[right] ?? (streamName.startsWith('$') ? defaults.systemStreams : defaults.userStreams)[right]
}

function toAcl(value: unknown): Acl {
  if (value === undefined || value === null) return {}
  if (!isJsonObject(value)) return allRights([])
  const named = rights.filter((right) => value[keyOf[right]] !== undefined && value[keyOf[right]] !== null)
  return Object.fromEntries(named.map((right) => [right, toNames(value[keyOf[right]])]))
}

function toNames(value: unknown): readonly string[] {
  const names = Array.isArray(value) ? value : [value]
  return names.filter((name) => typeof name === 'string' && name !== '')
}

function allRights(names: readonly string[]): Required<Acl> {
  return { read: names, write: names, delete: names, 'read-metadata': names, 'write-metadata': names }
}

function parseObject(data: Buffer | undefined): JsonObject {
  const parsed = data && tryParseJson(data.toString('utf8'))
  return isJsonObject(parsed) ? parsed : {}
}
