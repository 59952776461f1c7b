/**
 * The users a new store begins with: `admin`, who may do everything, and `ops`, who may operate the server.
 *
 * Their passwords are given, or made up and written to a file that only the user who runs the server may read; there is none
 * that is the same everywhere. The file is written before the user: a crash in between leaves a file that the next start
 * replaces. A store that has an administrator is not new, and is left as it is, unless `resetsAdmin` asks for the way back
 * in when nobody knows a password any more.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { writePrivateFile } from '../private-file.ts'
import { administrators, operators } from './acl.ts'
import type { UserDirectory } from './user-directory.ts'

export type FirstUsersOptions = {
  readonly adminPassword: string | undefined
  readonly opsPassword: string | undefined
  readonly resetsAdmin: boolean
  /** Where made-up passwords are written: `admin.password`, `ops.password`. */
  readonly folder: string | undefined
  readonly log: Log
}

const ops = { loginName: 'ops', fullName: 'Operator', groups: [operators] }
const admin = { loginName: 'admin', fullName: 'Administrator', groups: [administrators] }

export async function ensureFirstUsers(users: UserDirectory, options: FirstUsersOptions): Promise<void> {
  const { adminPassword, opsPassword, resetsAdmin } = options
  const isNew = !users.hasAdministrator()
  if (isNew && !users.find(ops.loginName))
    await users.create({ ...ops, password: opsPassword ?? makeUpPassword(ops.loginName, options) })
  if (!isNew && !resetsAdmin) return
  const password = adminPassword ?? makeUpPassword(admin.loginName, options)
  const { loginName, ...profile } = admin
  if (!users.find(loginName)) await users.create({ ...admin, password })
  else {
    await users.setPassword(loginName, password)
    await users.update(loginName, { ...profile, isDisabled: false })
  }
}

function makeUpPassword(loginName: string, { folder, log }: FirstUsersOptions): string {
  if (folder === undefined)
    throw new PlatformError(
      'bad-configuration',
      `The first password of ${loginName} is not given, and there is no folder to write a made-up one to. Give one of the two.`,
    )
  const password = randomBytes(18).toString('base64url')
  const file = join(folder, `${loginName}.password`)
  mkdirSync(folder, { recursive: true })
  writePrivateFile(file, `${password}\n`)
  log.warning('A first password was made up. Change it, and remove the file', { user: loginName, file })
  return password
}
