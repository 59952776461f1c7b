/**
 * A scavenge of a store nobody has open, from beginning to end.
 *
 *   const { removedEventCount } = await scavengeFile('events.db', { log })
 */
import { existsSync } from 'node:fs'
import { pause, systemClock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { EventLog } from '../streams/event-log.ts'
import { type ScavengeProgress, Scavenger } from './scavenger.ts'

export type ScavengeFileOptions = {
  readonly log: Log
  readonly onProgress?: (progress: ScavengeProgress) => void
  readonly signal?: AbortSignal
}

const lookEveryMs = 200

/** Resolves with how it ended, also when it was stopped by the signal; what it removed until then stays removed. */
export async function scavengeFile(file: string, options: ScavengeFileOptions): Promise<ScavengeProgress | undefined> {
  if (!existsSync(file)) throw new PlatformError('not-found', `There is no store ${file}. Check the name.`)
  const { log, onProgress, signal } = options
  const storage = new SqliteStorage({ file })
  const eventLog = new EventLog({ storage, log })
  try {
    // Nobody else wants the disk, so it does not rest between its steps.
    const scavenger = new Scavenger({ eventLog, storage, log, restFactor: 0 })
    await scavenger.recordInterrupted()
    scavenger.start()
    signal?.addEventListener('abort', () => void scavenger.stop(), { once: true })
    if (signal?.aborted) void scavenger.stop()
    while (scavenger.progress && scavenger.progress.result === undefined) {
      onProgress?.(scavenger.progress)
      await Promise.race([scavenger.whenEnded(), pause(systemClock, lookEveryMs)])
    }
    return scavenger.progress
  } finally {
    eventLog.stop()
    storage.close()
  }
}
