/**
 * How large a store is. Everything is looked up or estimated: nothing here walks the log, so it may be asked while serving.
 *
 *   const { fileBytes, eventCount } = await measureStore(storage)
 */
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { PlatformError } from '#kernel/platform-error.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { nextTurn } from '../streams/read-sink.ts'

export type StoreSize = {
  /** 0 for a store in memory. */
  readonly fileBytes: number
  /** Of the write-ahead log beside it. */
  readonly logBytes: number
  /** Inside the file, to be used by later appends. */
  readonly freeBytes: number
  /** Whether a scavenge makes the file smaller; an older file only uses its free pages again. */
  readonly canShrink: boolean
  /** An estimate once the log has more than a few megabytes, some per cent off. */
  readonly eventCount: number
  /** Every stream that ever was, with those that describe others. */
  readonly streamCount: number
  readonly lastPosition: number
}

const windowCount = 64
const windowBytes = 65_536

export async function measureStore(storage: Storage): Promise<StoreSize> {
  const { file } = storage.upkeep
  const { pageSizeBytes, freePageCount, canGiveBack } = storage.upkeep.readPageCounts()
  return {
    fileBytes: await sizeOf(file),
    logBytes: await sizeOf(`${file}-wal`),
    freeBytes: freePageCount * pageSizeBytes,
    canShrink: canGiveBack,
    eventCount: await estimateEventCount(storage),
    streamCount: storage.nextStreamId - 1,
    lastPosition: storage.lastPosition,
  }
}

/** Of a store nobody has open. */
export async function measureStoreFile(file: string): Promise<StoreSize> {
  if (!existsSync(file)) throw new PlatformError('not-found', `There is no store ${file}. Check the name.`)
  const storage = new SqliteStorage({ file })
  try {
    return await measureStore(storage)
  } finally {
    storage.close()
  }
}

/** Positions count bytes: how many events stand in some windows of them, spread evenly, tells how many there are. */
async function estimateEventCount({ upkeep, lastPosition }: Storage): Promise<number> {
  if (lastPosition <= windowCount * windowBytes) return upkeep.countEvents(0, lastPosition)
  let counted = 0
  for (let index = 0; index < windowCount; index++) {
    const after = Math.floor(((index + 0.5) * lastPosition) / windowCount - windowBytes / 2)
    counted += upkeep.countEvents(after, after + windowBytes)
    await nextTurn()
  }
  return Math.round((counted * lastPosition) / (windowCount * windowBytes))
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0
}
