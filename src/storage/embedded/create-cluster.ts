/**
 * Creates the data folder of a server, once: made beside and renamed when whole, so a killed initdb leaves nothing that
 * could be taken for a cluster. The builtin C.UTF-8 locale sorts alike on every machine.
 */
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError } from '#kernel/platform-error.ts'
import { programPath, type ServerBinaries } from './server-binaries.ts'
import { runProgram } from './server-program.ts'
import type { ServerUser } from './server-user.ts'

const initTimeoutMs = 120_000

export async function ensureCluster(options: {
  readonly folder: string
  readonly dataFolder: string
  readonly binaries: ServerBinaries
  readonly user: ServerUser
}): Promise<void> {
  const { folder, dataFolder, binaries, user } = options
  if (existsSync(join(dataFolder, 'PG_VERSION'))) return

  const unfinished = `${dataFolder}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  const passwordFile = ensurePasswordFile(folder)
  giveTo(user, unfinished, passwordFile)

  const args = ['-D', unfinished, '-U', 'postgres', `--pwfile=${passwordFile}`, '-A', 'scram-sha-256', '-E', 'UTF8']
  args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-sync', '--no-instructions')
  const path = programPath(binaries, 'initdb')
  const { exitCode, output } = await runProgram({ path, args, folder: unfinished, user }, initTimeoutMs)
  if (exitCode !== 0) {
    rmSync(unfinished, { recursive: true, force: true })
    throw new PlatformError(
      'unavailable',
      `The embedded Postgres could not create its data folder ${dataFolder} (initdb ended with ${exitCode}): ${output.trim()}. Correct that, or set DATABASE_URL to a Postgres server of your own.`,
      { facts: { dataFolder, exitCode } },
    )
  }
  renameSync(unfinished, dataFolder)
}

const passwordPath = (folder: string): string => join(folder, 'password')

export function readPassword(folder: string): string {
  try {
    return readFileSync(passwordPath(folder), 'utf8').trim()
  } catch (cause) {
    const words = `The password file of the embedded Postgres, ${passwordPath(folder)}, cannot be read. Restore it; or stop that server and remove ${folder}, and it begins anew and empty.`
    throw new PlatformError('store-damaged', words, { facts: { folder }, cause })
  }
}

function ensurePasswordFile(folder: string): string {
  const file = passwordPath(folder)
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('base64url'), { mode: 0o600 })
  return file
}

function giveTo(user: ServerUser, ...paths: readonly string[]): void {
  if (user !== undefined) for (const path of paths) chownSync(path, user.uid, user.gid)
}
