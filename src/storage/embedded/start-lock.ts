/**
 * A lock between processes that the kernel releases when its holder dies: the file lock of an SQLite database.
 * There is no stale lock to clean up, whatever was killed.
 *
 * Promises: one holder at a time, between processes and inside one; waiting never blocks the event loop.
 */
import { Database } from 'bun:sqlite'
import { type Clock, pause } from '#kernel/clock.ts'
import { PlatformError } from '#kernel/platform-error.ts'

const retryDelayMs = 25

export async function withStartLock<T>(
  options: { readonly file: string; readonly clock: Clock; readonly waitMsMax: number },
  work: () => Promise<T>,
): Promise<T> {
  const lock = new Database(options.file, { create: true })
  try {
    await acquire(lock, options)
    return await work()
  } finally {
    lock.close()
  }
}

async function acquire(lock: Database, options: { file: string; clock: Clock; waitMsMax: number }): Promise<void> {
  const giveUpAt = options.clock.now() + options.waitMsMax
  while (!tryAcquire(lock)) {
    if (options.clock.now() > giveUpAt) {
      throw new PlatformError(
        'timeout',
        `Another process has been starting the embedded Postgres for ${options.waitMsMax} ms (it holds ${options.file}). Stop that process, or start again.`,
        { facts: { file: options.file } },
      )
    }
    await pause(options.clock, retryDelayMs)
  }
}

function tryAcquire(lock: Database): boolean {
  try {
    lock.run('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) return false
    throw error
  }
}
