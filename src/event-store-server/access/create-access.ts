/** Users, and the access they have: enforced when callers can show who they are, which takes TLS. */
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { EventLog } from '../streams/event-log.ts'
import { type Access, openAccess } from './access.ts'
import { ensureFirstUsers } from './first-users.ts'
import { PasswordAccess } from './password-access.ts'
import { PasswordHasher, type Passwords } from './password-hasher.ts'
import { StreamRights } from './stream-rights.ts'
import { UserDirectory } from './user-directory.ts'

export type UserOptions = {
  /** Of `admin` and `ops` when they are made; without them passwords are made up and written to `passwordFolder`. */
  readonly adminPassword?: string
  readonly opsPassword?: string
  readonly passwordFolder?: string
  /** Gives `admin` its first password again, and its rights: the way back in when every password is lost. */
  readonly resetsAdmin?: boolean
  /** Callers without credentials then have, of streams, what everybody has. */
  readonly allowsAnonymousStreams?: boolean
}

export type AccessOptions = {
  readonly eventLog: EventLog
  readonly isEnforced: boolean
  readonly options: UserOptions
  readonly clock: Clock
  readonly log: Log
}

export type AccessParts = { readonly access: Access; readonly users: UserDirectory; readonly passwords: Passwords }

export async function createAccess(given: AccessOptions): Promise<AccessParts> {
  const { eventLog, isEnforced, options, clock, log } = given
  const passwords = new PasswordHasher()
  const users = new UserDirectory(eventLog, passwords)
  if (!isEnforced) return { access: openAccess, users, passwords }
  const { adminPassword, opsPassword, passwordFolder: folder, resetsAdmin = false } = options
  await passwords.getDummyHash()
  await ensureFirstUsers(users, { adminPassword, opsPassword, resetsAdmin, folder, log })
  // Told of commits in this order: what is remembered of users and rights is forgotten before open calls are asked again.
  const rights = new StreamRights(eventLog)
  const access = new PasswordAccess({
    users,
    rights,
    passwords,
    listeners: eventLog.listeners,
    clock,
    log,
    allowsAnonymousStreams: options.allowsAnonymousStreams ?? false,
  })
  return { access, users, passwords }
}
