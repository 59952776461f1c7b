/**
 * One supervisor a home. The lock is the file lock of an SQLite database: the kernel releases it when the holder dies,
 * so there is nothing stale to clean up.
 */
import { Database } from 'bun:sqlite'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureHome, ensurePrivateFolder, writePrivateFile } from '#config/private-file.ts'
import { PlatformError } from '#kernel/platform-error.ts'

export type HomeLock = { release(): void }

export function acquireHomeLock(home: string): HomeLock {
  ensureHome(home)
  const folder = join(home, 'up')
  ensurePrivateFolder(folder)
  const holderFile = join(folder, 'holder')
  const lock = new Database(join(folder, 'lock.db'), { create: true })
  try {
    lock.run('BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    if (!(cause instanceof Error && 'code' in cause && String(cause.code).startsWith('SQLITE_BUSY'))) throw cause
    throw new PlatformError(
      'already-running',
      `Peek runs already in ${home}${describeHolder(holderFile)}. Stop it (Ctrl-C where it was started), or use another home: --home DIR.`,
      { facts: { home } },
    )
  }
  writePrivateFile(holderFile, String(process.pid))
  return { release: () => lock.close() }
}

function describeHolder(file: string): string {
  try {
    return `, as process ${readFileSync(file, 'utf8').trim()}`
  } catch {
    return ''
  }
}
