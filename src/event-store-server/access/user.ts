/**
 * One user, and its stored form: the stream `$user-<name>`, whose every event holds the whole user as it has become. The stream
 * `$users` names them all. Deleting a user deletes its stream.
 */
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { everybody } from './acl.ts'
import { nameLengthMax } from './basic-credentials.ts'
import type { LastEvent } from './last-event.ts'

export type User = {
  readonly loginName: string
  readonly fullName: string
  readonly groups: readonly string[]
  readonly isDisabled: boolean
  readonly passwordHash: string
}

/** A user as found in the log: of which revision of its stream, and when that was written. */
export type StoredUser = User & { readonly revision: number; readonly changedAt: number }

export const userStreamPrefix = '$user-'
export const usersStream = '$users'

const groupsMax = 100
const passwordBytesMax = 1_024
const fullNameLengthMax = 256

export function toUserStream(loginName: string): string {
  return userStreamPrefix + loginName
}

export function encodeUser({ loginName, fullName, groups, isDisabled, passwordHash }: User): Buffer {
  return Buffer.from(JSON.stringify({ loginName, fullName, groups, disabled: isDisabled, hash: passwordHash }))
}

/** Undefined when somebody wrote into the stream what is no user: then there is none. */
export function parseUser({ data, revision, createdAt }: LastEvent): StoredUser | undefined {
  const parsed = tryParseJson(data.toString('utf8'))
  if (!isJsonObject(parsed)) return undefined
  const { loginName, fullName, groups, disabled, hash } = parsed
  if (typeof loginName !== 'string' || typeof hash !== 'string' || !Array.isArray(groups)) return undefined
  return {
    loginName,
    fullName: typeof fullName === 'string' ? fullName : '',
    groups: groups.filter((group) => typeof group === 'string'),
    isDisabled: disabled === true,
    passwordHash: hash,
    revision,
    changedAt: createdAt,
  }
}

/** Names that credentials and lists can carry: no colon, no blanks, and not one that reads like a group. */
export function checkLoginName(name: string): void {
  if (name.length > nameLengthMax || !/^[^\s:$\p{C}][^\s:\p{C}]*$/u.test(name))
    throw badInput(
      `"${name.slice(0, nameLengthMax)}" cannot be a login name. Give 1 to ${nameLengthMax} characters without blanks and colons, the first no "$".`,
    )
}

export function checkProfile({ fullName, groups }: Pick<User, 'fullName' | 'groups'>): void {
  if (fullName.length > fullNameLengthMax)
    throw badInput(`The full name has more than ${fullNameLengthMax} characters.`)
  if (groups.length > groupsMax) throw badInput(`A user is in at most ${groupsMax} groups.`)
  for (const group of groups)
    if (group === everybody || group.length > nameLengthMax || !/^[^\s\p{C}]+$/u.test(group))
      throw badInput(
        `"${group.slice(0, nameLengthMax)}" cannot be a group. Give a name without blanks, not "${everybody}".`,
      )
}

export function checkPassword(password: string): void {
  if (password === '' || Buffer.byteLength(password) > passwordBytesMax)
    throw badInput(`A password has 1 to ${passwordBytesMax} bytes.`)
}

function badInput(words: string): PlatformError {
  return new PlatformError('bad-input', words)
}
