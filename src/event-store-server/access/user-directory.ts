/**
 * The users of the store, found and changed. They live in the log itself, so a backup has them and a restart finds them.
 *
 * Promises: `find` is as new as the last commit and costs a look into memory for who was asked for lately. Changes happen
 * one after another, whoever writes to a user's stream meanwhile causes a `conflict`; passwords are hashed beside the event loop.
 */
import { createHash } from 'node:crypto'
import { newUuid } from '#kernel/ids.ts'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { EventLog } from '../streams/event-log.ts'
import { readEventData, readEventHeader } from '../streams/event-record.ts'
import type { LogRequest } from '../streams/log-request.ts'
import { administrators } from './acl.ts'
import { readLastEvent } from './last-event.ts'
import type { Passwords } from './password-hasher.ts'
import { RecentMap } from './recent-map.ts'
import {
  checkLoginName,
  checkPassword,
  checkProfile,
  encodeUser,
  parseUser,
  type StoredUser,
  toUserStream,
  type User,
  userStreamPrefix,
  usersStream,
} from './user.ts'

export type NewUser = Pick<User, 'loginName' | 'fullName' | 'groups'> & { readonly password: string }
export type UserChange = 'done' | 'not-found' | 'conflict'

type UserEventType = '$UserCreated' | '$UserUpdated' | '$PasswordChanged'
type Log = Pick<EventLog, 'findStream' | 'readStream' | 'request' | 'listeners'>

const cachedUsersMax = 10_000

export class UserDirectory {
  private readonly log: Log
  private readonly passwords: Passwords
  /** Absent users too: an unknown name must not cost a look at the disk each time. */
  private readonly cached = new RecentMap<{ readonly user: StoredUser | undefined }>(cachedUsersMax)

  private changing: Promise<unknown> = Promise.resolve()

  constructor(log: Log, passwords: Passwords) {
    this.log = log
    this.passwords = passwords
    log.listeners.addForSystemStreams((name) => {
      if (name.startsWith(userStreamPrefix)) this.cached.forget(name)
    })
  }

  find(loginName: string): StoredUser | undefined {
    const stream = toUserStream(loginName)
    const known = this.cached.find(stream)
    if (known) return known.user
    const last = readLastEvent(this.log, stream)
    const user = last && parseUser(last)
    this.cached.keep(stream, { user })
    return user
  }

  /** In the order they were first made. */
  *list(): Generator<StoredUser> {
    const stream = this.log.findStream(usersStream)
    for (let first = 0; stream && first <= stream.revision; ) {
      const page = this.log.readStream(stream, 'forwards', first, stream.revision)
      for (const { record } of page) {
        const header = readEventHeader(record)
        first = header.revision + 1
        const named = tryParseJson(readEventData(record, header).toString('utf8'))
        const user = isJsonObject(named) && typeof named.loginName === 'string' && this.find(named.loginName)
        if (user) yield user
      }
      if (page.length === 0) return
    }
  }

  hasAdministrator(): boolean {
    for (const user of this.list()) if (isActiveAdministrator(user)) return true
    return false
  }

  async create({ loginName, fullName, groups, password }: NewUser): Promise<UserChange> {
    checkLoginName(loginName)
    checkProfile({ fullName, groups })
    checkPassword(password)
    if (this.find(loginName)) return 'conflict'
    const passwordHash = await this.passwords.hash(password)
    const user = { loginName, fullName, groups, isDisabled: false, passwordHash }
    return this.inOrder(async () => {
      // First into the list, whose readers pass over who does not exist: a crash in between leaves nothing to repair.
      await this.enlist(loginName)
      return this.write('$UserCreated', user, 'no-stream')
    })
  }

  update(loginName: string, profile: Partial<Pick<User, 'fullName' | 'groups' | 'isDisabled'>>): Promise<UserChange> {
    return this.change('$UserUpdated', loginName, (user) => {
      const changed = { ...user, ...profile }
      checkProfile(changed)
      return changed
    })
  }

  async setPassword(loginName: string, password: string): Promise<UserChange> {
    checkPassword(password)
    if (!this.find(loginName)) return 'not-found'
    const passwordHash = await this.passwords.hash(password)
    return this.change('$PasswordChanged', loginName, (user) => ({ ...user, passwordHash }))
  }

  delete(loginName: string): Promise<UserChange> {
    return this.inOrder(async () => {
      const user = this.find(loginName)
      if (!user) return 'not-found'
      this.refuseLastAdministrator(user, undefined)
      return this.perform({ kind: 'delete', streamName: toUserStream(loginName), expected: user.revision })
    })
  }

  private change(type: UserEventType, loginName: string, toChanged: (user: StoredUser) => User): Promise<UserChange> {
    return this.inOrder(async () => {
      const user = this.find(loginName)
      if (!user) return 'not-found'
      const changed = toChanged(user)
      this.refuseLastAdministrator(user, changed)
      return this.write(type, changed, user.revision)
    })
  }

  /** One change at a time: what is looked at before a change must still hold when it is made. */
  private inOrder<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.changing.then(work)
    this.changing = turn.catch(() => undefined)
    return turn
  }

  private write(type: UserEventType, user: User, expected: number | 'no-stream'): Promise<UserChange> {
    const events = [toEvent(newUuid(), type, encodeUser(user))]
    return this.perform({ kind: 'append', streamName: toUserStream(user.loginName), expected, events })
  }

  private async perform(request: LogRequest): Promise<UserChange> {
    const outcome = await this.log.request(request)
    switch (outcome.kind) {
      case 'written':
        return 'done'
      case 'conflict':
      case 'tombstoned':
        return 'conflict'
      case 'failed':
        throw outcome.error
    }
  }

  /** Each name once: its event's id is made of it, so writing it again is a retry. */
  private async enlist(loginName: string): Promise<void> {
    const event = toEvent(toUuid(loginName), '$User', Buffer.from(JSON.stringify({ loginName })))
    const change = await this.perform({ kind: 'append', streamName: usersStream, expected: 'any', events: [event] })
    if (change === 'done') return
    throw new PlatformError(
      'unavailable',
      `The stream ${usersStream} was deleted for ever, so no user can be added. Start with a new store, or restore this one.`,
      { facts: { loginName } },
    )
  }

  /** Nobody could make another one. */
  private refuseLastAdministrator(user: User, changed: User | undefined): void {
    if (!isActiveAdministrator(user) || (changed && isActiveAdministrator(changed))) return
    for (const other of this.list()) if (other.loginName !== user.loginName && isActiveAdministrator(other)) return
    throw new PlatformError(
      'bad-input',
      `${user.loginName} is the last user in ${administrators} who may sign in. Make another one first.`,
    )
  }
}

function isActiveAdministrator({ groups, isDisabled }: User): boolean {
  return !isDisabled && groups.includes(administrators)
}

function toEvent(id: string, type: string, data: Buffer) {
  return { id, type, contentType: 'application/json', data, metadata: Buffer.alloc(0) }
}

function toUuid(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-5${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20, 32)}`
}
