/**
 * Copies a store into a new file that is a store like any other: open it, verify it, serve from it.
 *
 * Promises: the copy holds everything acknowledged before the call and nothing later; appends go on meanwhile, held up by
 * one checkpoint and no more. The file appears under its name only when it is whole and on the disk; a backup that fails
 * leaves what was there before. Needs room for a second store, and for what is appended during the copy; a full disk, or a
 * gibibyte of that, ends the backup rather than the appends.
 *
 *   await backUp(storage, { target: '/backups/monday.db' })          // of a store in use, by its owner
 *   await backUpFile('events.db', { target: '/backups/monday.db' })  // of a store nobody has open
 */
import { existsSync } from 'node:fs'
import { open, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import type { Storage } from '../storage/storage.ts'
import type { CopyOptions } from '../storage/storage-upkeep.ts'

export type BackupOptions = CopyOptions & {
  readonly target: string
  /** Otherwise a file that is there is left alone and the backup refused. */
  readonly overwrite?: boolean
}

export type BackupResult = { readonly file: string; readonly sizeBytes: number; readonly lastPosition: number }

const sidecars = ['-wal', '-shm', '-journal']

export async function backUp(storage: Storage, options: BackupOptions): Promise<BackupResult> {
  const file = resolve(options.target)
  await refuseTarget(file, storage.upkeep.file, options.overwrite === true)
  const unfinished = join(dirname(file), `.${basename(file)}.${process.pid}.unfinished`)
  try {
    await rm(unfinished, { force: true })
    // The copy is of this moment: nothing is awaited between looking at the position and beginning it.
    const { lastPosition } = storage
    const sizeBytes = await storage.upkeep.copyTo(unfinished, options).finally(() => moveLog(storage))
    await putInPlace(unfinished, file)
    return { file, sizeBytes, lastPosition }
  } catch (error) {
    await rm(unfinished, { force: true })
    throw toBackupError(error, file)
  }
}

/** What waited for the copy: on a disk that is full no append may come through to ask for it. */
function moveLog(storage: Storage): void {
  try {
    if (storage.checkpointNeed !== 'none') storage.checkpoint()
  } catch {
    // Of no concern to the backup: the next checkpoint tries again, and says why it cannot.
  }
}

export async function backUpFile(source: string, options: BackupOptions): Promise<BackupResult> {
  if (!existsSync(source)) throw new PlatformError('not-found', `There is no store ${source}. Check the name.`)
  const storage = new SqliteStorage({ file: source })
  try {
    return await backUp(storage, options)
  } finally {
    storage.close()
  }
}

async function refuseTarget(file: string, source: string, mayOverwrite: boolean): Promise<void> {
  if (!existsSync(dirname(file)))
    throw new PlatformError('bad-input', `The folder of ${file} does not exist. Create it, or name another.`)
  if (existsSync(file) && existsSync(source) && (await realpath(file)) === (await realpath(source)))
    throw new PlatformError('bad-input', `${file} is the store itself. Name another file for the backup.`)
  const taken = [file, ...sidecars.map((suffix) => file + suffix)].find((path) => existsSync(path))
  if (taken !== undefined && !mayOverwrite)
    throw new PlatformError('bad-input', `${taken} is there already. Name another file, or allow overwriting.`)
}

/** What belonged to an older database of this name goes first: its log would be taken for the new one's. */
async function putInPlace(unfinished: string, file: string): Promise<void> {
  for (const suffix of sidecars) await rm(file + suffix, { force: true })
  await rename(unfinished, file)
  await using folder = await open(dirname(file), 'r')
  await folder.sync()
}

function toBackupError(error: unknown, file: string): unknown {
  if (isPlatformError(error)) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'unavailable'
  const words = `The backup ${file} was not made (${describeError(error)}); the store is as it was. Try again.`
  return new PlatformError(kind, words, { facts: { file, code }, cause: error })
}

/** The backups of one server, one at a time: stopping it cancels the one under way and waits until that is over. */
export class Backups {
  private readonly storage: Storage
  private readonly stopping = new AbortController()
  private underWay: Promise<BackupResult> | undefined

  constructor(storage: Storage) {
    this.storage = storage
  }

  async make(options: BackupOptions): Promise<BackupResult> {
    if (this.underWay)
      throw new PlatformError('already-running', 'A backup is being made already. Wait until that is done.')
    const signals = options.signal ? [this.stopping.signal, options.signal] : [this.stopping.signal]
    this.underWay = backUp(this.storage, { ...options, signal: AbortSignal.any(signals) })
    try {
      return await this.underWay
    } finally {
      this.underWay = undefined
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort(new PlatformError('unavailable', 'The server is stopping; the backup was not made.'))
    await Promise.allSettled([this.underWay])
  }
}
