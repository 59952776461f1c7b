/** The event store without a network, and the disk without an event store: the same events, the same group sizes. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { SqliteStorage } from '#event-store-server/storage/sqlite-storage.ts'
import { EventLog } from '#event-store-server/streams/event-log.ts'
import { encodeEventRecord, type ProposedEvent } from '#event-store-server/streams/event-record.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { benchEventData, benchEventType } from '#support/bench-event.ts'
import type { Done } from './event-store-loads.ts'

export type OpenLog = Disposable & {
  /** In `lanes` that each wait for their own answer and write to a stream of their own. */
  append(load: { lanes: number; eventsEach: number; seconds: number }): Promise<Done>
}

export function openLog(folder: string): OpenLog {
  const storage = new SqliteStorage({ file: join(folder, 'in-process.db'), durability: 'full' })
  const log = new EventLog({ storage, log: silentLog })
  return {
    append: async ({ lanes, eventsEach, seconds }) => {
      const startedAt = performance.now()
      const endsAt = startedAt + seconds * 1_000
      let count = 0
      const lane = async (): Promise<void> => {
        const streamName = `bench-${newUuid()}`
        let revision = -1
        while (performance.now() < endsAt) {
          const events = Array.from({ length: eventsEach }, newEvent)
          const expected = revision < 0 ? 'no-stream' : revision
          const outcome = await log.request({ kind: 'append', streamName, expected, events })
          if (outcome.kind !== 'written') throw new Error(`an append was not written: ${outcome.kind}`)
          revision += eventsEach
          count += eventsEach
        }
      }
      await Promise.all(Array.from({ length: lanes }, lane))
      return { count, seconds: (performance.now() - startedAt) / 1_000 }
    },
    [Symbol.dispose]: () => {
      log.stop()
      storage.close()
    },
  }
}

/** Writes groups of records to the end of a file and syncs after each. */
export function writeRaw(folder: string, { eventsEach, seconds }: { eventsEach: number; seconds: number }): Done {
  const place = { streamName: `bench-${newUuid()}`, revision: 1_000, position: 10_000_000, createdAt: Date.now() }
  const group = Buffer.concat(Array.from({ length: eventsEach }, () => encodeEventRecord(newEvent(), place)))
  const file = join(folder, 'raw')
  const descriptor = openSync(file, 'w')
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1_000
  let count = 0
  while (performance.now() < endsAt) {
    writeSync(descriptor, group)
    fdatasyncSync(descriptor)
    count += eventsEach
  }
  const done = { count, seconds: (performance.now() - startedAt) / 1_000 }
  closeSync(descriptor)
  rmSync(file)
  return done
}

const data = Buffer.from(JSON.stringify(benchEventData))
const metadata = Buffer.alloc(0)

function newEvent(): ProposedEvent {
  return { id: newUuid(), type: benchEventType, contentType: 'application/json', data, metadata }
}
