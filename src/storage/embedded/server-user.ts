/**
 * The user the server runs as. Postgres refuses uid 0, so root starts it as `postgres` where that user exists, else as
 * `nobody`; anybody else starts it as himself. The user needs a line in /etc/passwd: initdb looks the name up.
 */
import { readFileSync } from 'node:fs'
import { PlatformError } from '#kernel/platform-error.ts'

/** Undefined: the user we are ourselves. */
export type ServerUser = { readonly name: string; readonly uid: number; readonly gid: number } | undefined

export function findServerUser(): ServerUser {
  if (process.getuid?.() !== 0) return undefined
  return pickServerUser(readFileSync('/etc/passwd', 'utf8'))
}

export function pickServerUser(passwd: string): NonNullable<ServerUser> {
  const users = passwd.split('\n').map((line) => line.split(':'))
  for (const wanted of ['postgres', 'nobody']) {
    const found = users.find(([name]) => name === wanted)
    if (found) return { name: wanted, uid: Number(found[2]), gid: Number(found[3]) }
  }
  throw new PlatformError(
    'bad-configuration',
    'We run as root, Postgres refuses to, and neither a user "postgres" nor "nobody" exists to run it as. Start as an ordinary user, or set DATABASE_URL to a Postgres server of your own.',
  )
}
