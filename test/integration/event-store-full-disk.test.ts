/** The embedded event store on a disk without room: refuses, keeps what it has, and goes on when there is room. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { BacklogLimits } from '#event-store-server/storage/backlog.ts'
import { SqliteStorage } from '#event-store-server/storage/sqlite-storage.ts'
import { EventLog } from '#event-store-server/streams/event-log.ts'
import { readEventHeader } from '#event-store-server/streams/event-record.ts'
import type { LogOutcome } from '#event-store-server/streams/log-request.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { makeSmallDisk, type SmallDisk } from '#support/small-disk.ts'

const diskBytes = 6 * 1_048_576
const never = { logBytes: Number.POSITIVE_INFINITY, unindexedEvents: Number.POSITIVE_INFINITY }

let disk: SmallDisk
let file: string
beforeEach(() => {
  disk = makeSmallDisk(diskBytes)
  file = join(disk.folder, 'events.db')
})
afterEach(() => disk.remove())

function openLog(backlog?: BacklogLimits) {
  const { fileSizeBytesMax } = disk
  const sizes = fileSizeBytesMax === undefined ? {} : { sizeBytesMax: fileSizeBytesMax }
  const storage = new SqliteStorage({ file, ...sizes, ...(backlog && { backlog }) })
  const log = new EventLog({ storage, log: silentLog })
  const close = () => {
    log.stop()
    storage.close()
  }
  return { storage, log, close }
}

type Opened = ReturnType<typeof openLog>

/** Acknowledged ids go into `ids`, in the order of the log. */
async function append({ log }: Opened, ids: string[], dataBytes: number): Promise<LogOutcome> {
  const id = newUuid()
  const data = Buffer.alloc(dataBytes, 'x')
  const event = { id, type: 'Filled', contentType: 'application/octet-stream', data, metadata: Buffer.alloc(0) }
  const outcome = await log.request({ kind: 'append', streamName: 'filling', expected: 'any', events: [event] })
  if (outcome.kind === 'written') ids.push(id)
  return outcome
}

/** With ever smaller events, so that really nothing more fits. Returns the last refusal. */
async function fill(opened: Opened, ids: string[]): Promise<LogOutcome> {
  let refused: LogOutcome | undefined
  for (const dataBytes of [60_000, 5_000, 100])
    for (let count = 0; count < 20_000; count++) {
      const outcome = await append(opened, ids, dataBytes)
      if (outcome.kind === 'written') continue
      refused = outcome
      break
    }
  if (!refused) throw new Error('The disk never became full.')
  return refused
}

function idsIn({ storage }: Opened): string[] {
  const limits = { eventCountMax: 1_000_000, sizeBytesMax: 1e9 }
  const range = { direction: 'forwards', after: 0, before: Number.MAX_SAFE_INTEGER, ...limits } as const
  return storage.readAll(range).map(({ record }) => readEventHeader(record).id)
}

/** More room on a small disk; a larger limit where only the file is limited, which takes opening it again. */
function makeRoom(opened: Opened): Opened {
  disk.setBallast(0)
  if (disk.fileSizeBytesMax === undefined) return opened
  opened.close()
  disk = { ...disk, fileSizeBytesMax: 2 * disk.fileSizeBytesMax }
  return openLog()
}

describe('a full disk', () => {
  test('refuses appends with the reason, loses nothing, and takes appends again when there is room', async () => {
    disk.setBallast(2 * 1_048_576)
    const ids: string[] = []
    let opened = openLog()
    expect(await fill(opened, ids)).toMatchObject({ kind: 'failed', error: { kind: 'disk-full' } })
    expect(idsIn(opened)).toEqual(ids)
    opened = makeRoom(opened)
    expect(await append(opened, ids, 60_000)).toMatchObject({ kind: 'written', revision: ids.length - 1 })
    expect(idsIn(opened)).toEqual(ids)
    opened.close()
    const again = openLog()
    expect(idsIn(again)).toEqual(ids)
    again.close()
  }, 120_000)

  test('during a checkpoint costs nothing: the log is moved when there is room', async () => {
    const ids: string[] = []
    let opened = openLog({ worthwhile: never, overdue: never })
    for (let count = 0; count < 40; count++) await append(opened, ids, 60_000)
    disk.setBallast(diskBytes - 3_400_000)
    const checkpoint = () => opened.storage.checkpoint()
    if (disk.fileSizeBytesMax === undefined) expect(checkpoint).toThrow(/full/)
    expect(idsIn(opened)).toEqual(ids)
    opened = makeRoom(opened)
    checkpoint()
    expect(await append(opened, ids, 60_000)).toMatchObject({ kind: 'written' })
    expect(idsIn(opened)).toEqual(ids)
    opened.close()
  }, 120_000)

  test('does not keep a store from being opened and read', async () => {
    const ids: string[] = []
    let opened = openLog()
    await fill(opened, ids)
    opened.close()
    opened = openLog()
    expect(idsIn(opened)).toEqual(ids)
    opened.close()
  }, 120_000)
})
