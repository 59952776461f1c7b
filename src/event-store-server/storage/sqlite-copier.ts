/**
 * Copies the database file while it is in use.
 *
 * Between two checkpoints the main file does not change: commits go to the write-ahead log only. So a copy is one
 * complete checkpoint, then a plain copy of the file with checkpoints held back. Reading and writing happen off the
 * event loop; appends notice nothing but the one checkpoint.
 *
 * The trap: when a process closes any descriptor of a file, it loses all its locks on that file, SQLite's too. Therefore
 * the descriptor we read from stays open, one for the whole life of the database, and is closed after it.
 */
import type { Database } from 'bun:sqlite'
import { closeSync, openSync, read } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { PlatformError } from '#kernel/platform-error.ts'
import type { CopyOptions } from './storage-upkeep.ts'

const chunkBytes = 1_048_576
const syncEveryBytes = 8 * chunkBytes
const readFrom = promisify(read)

export class SqliteCopier {
  private readonly database: Database
  private descriptor: number | undefined
  private reasonToGiveUp: PlatformError | undefined
  isCopying = false

  constructor(database: Database) {
    this.database = database
  }

  /** The file must not exist yet; a copy that fails or is cancelled leaves a part of it. Returns its size. */
  async copyTo(file: string, { onProgress, signal }: CopyOptions): Promise<number> {
    this.refuseUnlessPossible()
    this.isCopying = true
    this.reasonToGiveUp = undefined
    try {
      const sizeBytes = this.freeze()
      this.descriptor ??= openSync(this.database.filename, 'r')
      const source = this.descriptor
      await using target = await open(file, 'wx', 0o600)
      const buffer = Buffer.allocUnsafe(chunkBytes)
      for (let copiedBytes = 0; copiedBytes < sizeBytes; ) {
        signal?.throwIfAborted()
        if (this.reasonToGiveUp) throw this.reasonToGiveUp
        copiedBytes += await copyChunk({ source, target, buffer, at: copiedBytes, sizeBytes })
        // A disk that is handed the whole file at the end makes every append wait for it.
        if (copiedBytes % syncEveryBytes === 0) await target.datasync()
        onProgress?.({ copiedBytes, sizeBytes })
      }
      await target.sync()
      return sizeBytes
    } finally {
      this.isCopying = false
    }
  }

  /** Ends a copy under way with this reason, after its present chunk. */
  giveUp(reason: PlatformError): void {
    this.reasonToGiveUp = reason
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor)
    this.descriptor = undefined
  }

  private refuseUnlessPossible(): void {
    if (this.database.filename === ':memory:' || this.database.filename === '')
      throw new PlatformError('bad-input', 'A store in memory has no file to copy. Export its events instead.')
    if (this.isCopying)
      throw new PlatformError('already-running', 'The store is being copied already. Wait until that is done.')
  }

  /** Brings everything committed into the main file; returns how much of it counts. */
  private freeze(): number {
    const [busy, logFrames, movedFrames] = this.database.query('PRAGMA wal_checkpoint(PASSIVE)').values()[0] ?? []
    if (busy !== 0 || logFrames !== movedFrames)
      throw new PlatformError('unavailable', 'The store could not be brought to a rest for the copy. Try again.', {
        facts: { logFrames: Number(logFrames), movedFrames: Number(movedFrames) },
      })
    return this.readNumber('page_size') * this.readNumber('page_count')
  }

  private readNumber(pragma: string): number {
    return Number(this.database.query(`PRAGMA ${pragma}`).values()[0]?.[0] ?? 0)
  }
}

type Chunk = {
  readonly source: number
  readonly target: FileHandle
  readonly buffer: Buffer
  readonly at: number
  readonly sizeBytes: number
}

async function copyChunk({ source, target, buffer, at, sizeBytes }: Chunk): Promise<number> {
  const { bytesRead } = await readFrom(source, buffer, 0, Math.min(buffer.length, sizeBytes - at), at)
  if (bytesRead === 0)
    throw new PlatformError('store-damaged', `The store's file ends at ${at} of ${sizeBytes} bytes. Verify it.`, {
      facts: { at, sizeBytes },
    })
  for (let written = 0; written < bytesRead; ) {
    const done = await target.write(buffer, written, bytesRead - written, at + written)
    written += done.bytesWritten
  }
  return bytesRead
}
