/**
 * `Access` with users, passwords and access control lists; for a server with TLS, where credentials can be sent.
 *
 * Promises: a wrong password costs as much as a right one, whoever it is for; a right one is compared once and then known by
 * a keyed digest, until the user changes. What a caller may do is decided by the users, lists and defaults of this moment:
 * a call that outlives its user's password, or its right, is refused from then on.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { unreachable } from '#kernel/assert.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { AppendListeners } from '../streams/append-listeners.ts'
import {
  type Access,
  AccessDenied,
  type Caller,
  type IncomingCall,
  NotAuthenticated,
  nobody,
  type Operation,
  type StreamRight,
} from './access.ts'
import { administrators, everybody, operators } from './acl.ts'
import { AttemptLimits } from './attempt-limits.ts'
import { parseBasicCredentials } from './basic-credentials.ts'
import type { Passwords } from './password-hasher.ts'
import { RecentMap } from './recent-map.ts'
import { RightWatchers } from './right-watchers.ts'
import type { StreamRights } from './stream-rights.ts'
import type { StoredUser } from './user.ts'
import type { UserDirectory } from './user-directory.ts'

export type PasswordAccessOptions = {
  readonly users: UserDirectory
  readonly rights: StreamRights
  readonly passwords: Passwords
  readonly listeners: AppendListeners
  readonly clock: Clock
  readonly log: Log
  /** Whether callers without credentials are given what is given to everybody. */
  readonly allowsAnonymousStreams: boolean
}

const knownCredentialsMax = 10_000

/** Somebody who has shown the password that `user` had then. */
class SignedIn implements Caller {
  readonly user: StoredUser

  constructor(user: StoredUser) {
    this.user = user
  }

  get name(): string {
    return this.user.loginName
  }

  get groups(): readonly string[] {
    return this.user.groups
  }
}

export class PasswordAccess implements Access {
  private readonly options: PasswordAccessOptions
  private readonly limits: AttemptLimits
  private readonly watchers: RightWatchers
  private readonly digestKey = randomBytes(32)
  private readonly known = new RecentMap<SignedIn>(knownCredentialsMax)
  private readonly comparing = new Map<string, Promise<Caller>>()

  constructor(options: PasswordAccessOptions) {
    this.options = options
    this.limits = new AttemptLimits(options.clock)
    this.watchers = new RightWatchers(options.listeners, (caller, operation) => this.check(caller, operation))
  }

  identify(call: IncomingCall): Caller | Promise<Caller> {
    const [header] = call.metadata.get('authorization')
    if (header === undefined) return nobody
    const digest = createHmac('sha256', this.digestKey).update(header).digest('base64')
    const known = this.known.find(digest)
    if (known && this.findUnchanged(known)) return known
    // A client that begins with many calls at once is asked to wait for one comparison.
    const comparing = this.comparing.get(digest)
    if (comparing) return comparing
    const signingIn = this.signIn(header, digest, toAddress(call.getPeer())).finally(() =>
      this.comparing.delete(digest),
    )
    this.comparing.set(digest, signingIn)
    return signingIn
  }

  check(caller: Caller, operation: Operation): void {
    const user = caller instanceof SignedIn ? this.findUnchanged(caller) : undefined
    if (caller.name !== undefined && !user)
      throw new AccessDenied(`${caller.name} has been changed since this call began. Sign in again.`)
    if (user?.groups.includes(administrators) || this.isAllowed(user, operation)) return
    throw new AccessDenied(`${caller.name ?? 'Somebody without credentials'} may not ${describe(operation)}.`)
  }

  watch(caller: Caller, operation: Operation, onLost: (denied: AccessDenied) => void): () => void {
    return this.watchers.add(caller, operation, onLost)
  }

  private async signIn(header: string | Buffer, digest: string, address: string): Promise<Caller> {
    const { users, passwords } = this.options
    const { name, password } = parseBasicCredentials(header)
    let user: StoredUser | undefined
    const isRight = await passwords.isPassword(password, () => {
      this.limits.check(name, address)
      user = users.find(name)
      return user?.isDisabled ? undefined : user?.passwordHash
    })
    if (!isRight || !user) {
      this.limits.noteWrong(name, address)
      // No flood of lines: whoever is wrong too often is refused before this.
      this.options.log.info('A caller was not let in', { user: name, address })
      throw new NotAuthenticated('The user name or the password is wrong.')
    }
    const caller = new SignedIn(user)
    this.known.keep(digest, caller)
    return caller
  }

  /** The user as it is now, if its password is still the one that was shown. */
  private findUnchanged({ user }: SignedIn): StoredUser | undefined {
    const now = this.options.users.find(user.loginName)
    return now && !now.isDisabled && now.passwordHash === user.passwordHash ? now : undefined
  }

  private isAllowed(user: StoredUser | undefined, operation: Operation): boolean {
    switch (operation.kind) {
      case 'stream':
        return this.hasRight(user, operation.right, operation.streamName)
      case 'consume-persistent-subscription':
        return this.hasRight(user, 'read', operation.streamName)
      case 'operate':
      case 'look-at-statistics':
      case 'change-persistent-subscriptions':
        return user?.groups.includes(operators) === true
      case 'look-at-user':
      case 'change-own-password':
        return user?.loginName === operation.userName
      case 'administer-users':
        return false
      default:
        return unreachable(operation)
    }
  }

  private hasRight(user: StoredUser | undefined, right: StreamRight, streamName: string): boolean {
    if (!user && !this.options.allowsAnonymousStreams) return false
    const listed = this.options.rights.whoMay(right, streamName)
    if (listed.includes(everybody)) return true
    if (!user) return false
    return listed.includes(user.loginName) || user.groups.some((group) => listed.includes(group))
  }
}

const wordsOfRight: Readonly<Record<StreamRight, string>> = {
  read: 'read',
  write: 'write to',
  delete: 'delete',
  'read-metadata': 'read the metadata of',
  'write-metadata': 'write the metadata of',
}

function describe(operation: Operation): string {
  switch (operation.kind) {
    case 'stream':
      return `${wordsOfRight[operation.right]} ${operation.streamName}`
    case 'consume-persistent-subscription':
      return `consume ${operation.groupName} of ${operation.streamName}`
    case 'operate':
      return 'operate this server'
    case 'look-at-user':
      return 'look at other users'
    case 'change-own-password':
      return "change another user's password"
    case 'look-at-statistics':
    case 'change-persistent-subscriptions':
    case 'administer-users':
      return operation.kind.replaceAll('-', ' ')
    default:
      return unreachable(operation)
  }
}

/** Without the port, which is another one for every connection. */
function toAddress(peer: string): string {
  return peer.replace(/:\d+$/, '')
}
