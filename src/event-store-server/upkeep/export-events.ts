/**
 * Writes events as lines of JSON (see `event-lines.ts`), in the order of the whole log.
 *
 * Promises: every event from `after` up to the log's end at the moment of the call, once; what a stream hides from its
 * readers and no scavenge has removed is exported too, as readers of the whole log see it. Waits for `write`, so a slow
 * writer costs no memory.
 *
 *   await exportFile('events.db', { write: (lines) => process.stdout.write(lines) })
 */
import { existsSync } from 'node:fs'
import { PlatformError } from '#kernel/platform-error.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import type { Storage, StoredEvent } from '../storage/storage.ts'
import { pageLimits } from '../streams/event-log.ts'
import { readEventHeader } from '../streams/event-record.ts'
import { nextTurn } from '../streams/read-sink.ts'
import { encodeEventLine } from './event-lines.ts'

export type ExportOptions = {
  /** Takes whole lines, several at once. */
  readonly write: (lines: string) => unknown
  /** A position: only events behind it. From the beginning when it is not given. */
  readonly after?: number
  /** Streams whose names begin with `$`: metadata, scavenges and the like. Without them limits and deletions are lost. */
  readonly withSystemEvents?: boolean
  /** Only streams whose names begin with one of these; the metadata of a stream goes with it. */
  readonly streamPrefixes?: readonly string[]
  readonly onProgress?: (progress: { readonly eventCount: number; readonly fraction: number }) => void
  readonly signal?: AbortSignal
}

export type ExportResult = {
  readonly eventCount: number
  /** Give it as `after` to go on from here another time. */
  readonly lastPosition: number
}

export async function exportEvents(
  storage: Pick<Storage, 'readAll' | 'lastPosition'>,
  { write, after = -1, withSystemEvents = true, streamPrefixes, onProgress, signal }: ExportOptions,
): Promise<ExportResult> {
  const isWanted = createChoice(withSystemEvents, streamPrefixes)
  const end = storage.lastPosition
  let cursor = after
  let eventCount = 0
  while (cursor < end) {
    signal?.throwIfAborted()
    const page = storage.readAll({ direction: 'forwards', after: cursor, before: end + 1, ...pageLimits })
    const last = page.at(-1)
    if (!last) break
    const lines = page.filter(isWanted).map(encodeEventLine)
    if (lines.length > 0) await write(lines.join(''))
    eventCount += lines.length
    cursor = last.position
    onProgress?.({ eventCount, fraction: cursor / end })
    await nextTurn()
  }
  return { eventCount, lastPosition: Math.max(cursor, after) }
}

/** Of a store nobody has open; a backup, for example. */
export async function exportFile(file: string, options: ExportOptions): Promise<ExportResult> {
  if (!existsSync(file)) throw new PlatformError('not-found', `There is no store ${file}. Check the name.`)
  const storage = new SqliteStorage({ file })
  try {
    return await exportEvents(storage, options)
  } finally {
    storage.close()
  }
}

function createChoice(withSystemEvents: boolean, prefixes: readonly string[] | undefined) {
  if (withSystemEvents && prefixes === undefined) return () => true
  return ({ record }: StoredEvent): boolean => {
    const { streamName } = readEventHeader(record)
    if (!withSystemEvents && streamName.startsWith('$')) return false
    const described = streamName.startsWith('$$') ? streamName.slice(2) : streamName
    return prefixes === undefined || prefixes.some((prefix) => described.startsWith(prefix))
  }
}
