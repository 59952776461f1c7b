/**
 * Finds the folder the embedded server lives in.
 *
 * Usually that is the one asked for. As root the server runs as another user, who must be able to walk down to it: a
 * home folder under /root, or a 0700 temporary folder, is closed to him. We open only folders we made ourselves; where
 * somebody else's is in the way, the server moves to a folder of its own elsewhere.
 *
 * That folder's name holds a token kept in the folder asked for: delete the latter, and the next start is a fresh one.
 */
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Log } from '#kernel/log.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import type { ServerUser } from './server-user.ts'

/** Others may pass through, only the owner may list or write. */
const passableMode = 0o711

export function openServerFolder(options: {
  readonly stateDir: string
  readonly fallbackStateDir?: string | undefined
  readonly user: ServerUser
  readonly log: Log
}): string {
  const wanted = makeFolder(resolve(options.stateDir))
  const obstacle = findObstacle(wanted, options.user)
  if (obstacle === undefined) return wanted

  const reasons = [`${obstacle} is closed to user ${options.user?.name}`]
  for (const candidate of fallbackFolders(wanted, options.fallbackStateDir)) {
    const folder = tryFallback(candidate, options.user, reasons)
    if (folder === undefined) continue
    options.log.info('the embedded Postgres keeps its files elsewhere', { wanted, folder, because: reasons.join('; ') })
    return folder
  }
  throw new PlatformError(
    'bad-configuration',
    `We run as root and Postgres as user "${options.user?.name}", who cannot reach ${wanted} (${reasons.join('; ')}). Put the state folder under /var/lib, start as an ordinary user, or set DATABASE_URL.`,
    { facts: { stateDir: wanted } },
  )
}

/** The first folder on the way down to `folder` that the user may not pass. */
export function findObstacle(folder: string, user: ServerUser): string | undefined {
  if (user === undefined) return undefined
  const way: string[] = []
  for (let at = folder; ; at = dirname(at)) {
    way.unshift(at)
    if (at === dirname(at)) break
  }
  return way.find((step) => !mayPass(step, user))
}

function mayPass(folder: string, user: NonNullable<ServerUser>): boolean {
  const { mode, uid, gid } = statSync(folder)
  if (uid === user.uid) return (mode & 0o100) !== 0
  return (mode & (gid === user.gid ? 0o010 : 0o001)) !== 0
}

/** Creates what is missing and makes just that passable; answers the one true spelling of the path. */
function makeFolder(folder: string): string {
  const firstMade = mkdirSync(folder, { recursive: true })
  if (firstMade !== undefined) {
    for (let at = folder; at.length >= firstMade.length; at = dirname(at)) chmodSync(at, passableMode)
  }
  return realpathSync(folder)
}

function fallbackFolders(wanted: string, own: string | undefined): readonly string[] {
  const name = createHash('sha256')
    .update(`${wanted}\n${folderToken(wanted)}`)
    .digest('hex')
    .slice(0, 16)
  const elsewhere = [`/var/lib/peek/${name}`, join(tmpdir(), `peek-${name}`)]
  return own === undefined ? elsewhere : [resolve(own), ...elsewhere]
}

function folderToken(wanted: string): string {
  const file = join(wanted, 'folder-token')
  if (!existsSync(file)) placeWhole(file, randomBytes(9).toString('base64url'))
  return readFileSync(file, 'utf8')
}

/** Writes a file that does not exist yet; of two writers at once the first wins, and nobody reads half of it. */
function placeWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch (error) {
    const anotherWasFirst = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    if (!anotherWasFirst) throw error
  } finally {
    unlinkSync(draft)
  }
}

function tryFallback(candidate: string, user: ServerUser, reasons: string[]): string | undefined {
  try {
    const folder = makeFolder(candidate)
    const obstacle = findObstacle(folder, user)
    // A folder somebody else made first under a guessable name could be a trap, since we write there as root.
    const isOurs = statSync(folder).uid === process.getuid?.()
    if (obstacle === undefined && isOurs) return folder
    reasons.push(isOurs ? `${obstacle} is closed too` : `${folder} belongs to another user`)
  } catch (error) {
    reasons.push(describeError(error))
  }
  return undefined
}
