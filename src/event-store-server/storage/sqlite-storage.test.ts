import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPlatformError } from '#kernel/platform-error.ts'
import { openSqliteDatabase } from './sqlite-database.ts'
import { type StatementName, statements } from './sqlite-schema.ts'
import { SqliteStorage } from './sqlite-storage.ts'
import type { StoredStream } from './storage.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-storage-'))
  file = join(folder, 'events.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const stream = (id: number, revision: number): StoredStream => ({
  id,
  name: `order-${id}`,
  revision,
  truncateBefore: 0,
  maxCount: undefined,
  maxAgeSeconds: undefined,
  isTombstoned: false,
})

function fill(storage: SqliteStorage, count: number, recordBytes = 100): void {
  storage.commit((writer) => {
    for (let index = 0; index < count; index++)
      writer.insertEvent({
        position: storage.lastPosition + (index + 1) * 1_000,
        streamId: 1,
        revision: index,
        eventKey: index % 7,
        record: Buffer.alloc(recordBytes, index),
      })
    writer.saveStream(stream(1, count - 1))
  })
}

const errorKind = (work: () => unknown): string => {
  try {
    work()
    return 'none'
  } catch (error) {
    return isPlatformError(error) ? error.kind : String(error)
  }
}

describe('the storage', () => {
  test('returns what was committed after it is opened again', () => {
    const storage = new SqliteStorage({ file })
    fill(storage, 10)
    storage.close()
    const again = new SqliteStorage({ file })
    expect(again.lastPosition).toBe(10_000)
    expect(again.nextStreamId).toBe(2)
    expect(again.findStream('order-1')).toEqual(stream(1, 9))
    expect(again.findStream('order-2')).toBeUndefined()
    expect(again.readLast()?.record.equals(Buffer.alloc(100, 9))).toBe(true)
    again.close()
  })

  test('undoes a whole group when anything in it throws', () => {
    const storage = new SqliteStorage({ file })
    fill(storage, 2)
    expect(() =>
      storage.commit((writer) => {
        writer.insertEvent({ position: 3_000, streamId: 5, revision: 0, eventKey: 1, record: Buffer.from('x') })
        writer.saveStream(stream(5, 0))
        throw new Error('decided otherwise')
      }),
    ).toThrow('decided otherwise')
    expect(storage.lastPosition).toBe(2_000)
    expect(storage.nextStreamId).toBe(2)
    expect(storage.findStream('order-5')).toBeUndefined()
    storage.close()
  })

  test('pages by count and by size, both ways, and always makes progress', () => {
    const storage = new SqliteStorage({ file })
    fill(storage, 10)
    const positions = (events: { position: number }[]) => events.map((event) => event.position / 1_000)
    const all = { after: 0, before: Number.MAX_SAFE_INTEGER, eventCountMax: 3, sizeBytesMax: 1e9 }
    expect(positions(storage.readAll({ ...all, direction: 'forwards' }))).toEqual([1, 2, 3])
    expect(positions(storage.readAll({ ...all, direction: 'forwards', after: 2_000, before: 4_000 }))).toEqual([3])
    expect(positions(storage.readAll({ ...all, direction: 'backwards' }))).toEqual([10, 9, 8])
    expect(positions(storage.readAll({ ...all, direction: 'forwards', sizeBytesMax: 150 }))).toEqual([1, 2])
    expect(positions(storage.readAll({ ...all, direction: 'forwards', sizeBytesMax: 1 }))).toEqual([1])
    const inStream = { streamId: 1, first: 2, last: 4, eventCountMax: 9, sizeBytesMax: 1e9 }
    expect(positions(storage.readStream({ ...inStream, direction: 'forwards' }))).toEqual([3, 4, 5])
    expect(positions(storage.readStream({ ...inStream, direction: 'backwards' }))).toEqual([5, 4, 3])
    expect(positions(storage.findByEventKey(1, 2))).toEqual([3, 10])
    storage.close()
  })

  test('keeps numbers beyond 32 bits exact', () => {
    const storage = new SqliteStorage({ file })
    const position = 2 ** 52 + 12_345
    storage.commit((writer) =>
      writer.insertEvent({
        position,
        streamId: 2 ** 40,
        revision: 2 ** 41,
        eventKey: 2 ** 32 - 1,
        record: Buffer.from('a'),
      }),
    )
    const range = { streamId: 2 ** 40, first: 2 ** 41, last: 2 ** 41, eventCountMax: 1, sizeBytesMax: 1 }
    expect(storage.readStream({ ...range, direction: 'forwards' })[0]?.position).toBe(position)
    expect(storage.findByEventKey(2 ** 40, 2 ** 32 - 1)).toHaveLength(1)
    storage.close()
  })

  test('refuses a second owner of the same file', () => {
    const storage = new SqliteStorage({ file })
    expect(errorKind(() => new SqliteStorage({ file }))).toBe('already-running')
    storage.close()
    expect(errorKind(() => new SqliteStorage({ file }).close())).toBe('none')
  })

  test('refuses a file that is no database', async () => {
    await Bun.write(file, 'these are not the bytes you are looking for'.repeat(500))
    expect(errorKind(() => new SqliteStorage({ file }))).toBe('store-damaged')
  })

  test('refuses bytes that do not match their checksum', () => {
    const storage = new SqliteStorage({ file })
    fill(storage, 3)
    storage.close()
    const tampered = new Database(file)
    tampered.run("UPDATE events SET record = x'00' WHERE position = 2000")
    tampered.close()
    const again = new SqliteStorage({ file })
    const page = {
      direction: 'forwards',
      before: Number.MAX_SAFE_INTEGER,
      eventCountMax: 9,
      sizeBytesMax: 1e9,
    } as const
    expect(errorKind(() => again.readAll({ ...page, after: 0 }))).toBe('store-damaged')
    expect(again.readAll({ ...page, after: 2_000 })).toHaveLength(1)
    again.close()
  })

  test('refuses appends on a full disk, keeps what it has, and goes on when there is room', () => {
    const storage = new SqliteStorage({ file, sizeBytesMax: 200_000 })
    fill(storage, 5)
    const tooMuch = () =>
      storage.commit((writer) => {
        for (let index = 0; index < 50; index++)
          writer.insertEvent({
            position: 9_000 + index,
            streamId: 9,
            revision: index,
            eventKey: 0,
            record: Buffer.alloc(9_000),
          })
      })
    expect(errorKind(tooMuch)).toBe('disk-full')
    expect(storage.lastPosition).toBe(5_000)
    storage.commit((writer) =>
      writer.insertEvent({ position: 6_000, streamId: 9, revision: 0, eventKey: 0, record: Buffer.alloc(10) }),
    )
    expect(storage.lastPosition).toBe(6_000)
    storage.close()
  })
})

describe('the query plans', () => {
  const wanted: Partial<Record<StatementName, string>> = {
    findStream: 'SEARCH streams USING INDEX sqlite_autoindex_streams_1 (name=?)',
    lastStreamId: 'SEARCH streams',
    readLast: 'SCAN events',
    readAllForwards: 'SEARCH events USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)',
    readAllBackwards: 'SEARCH events USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)',
    readStreamForwards: 'SEARCH events USING INDEX events_by_revision (stream_id=? AND revision>? AND revision<?)',
    readStreamBackwards: 'SEARCH events USING INDEX events_by_revision (stream_id=? AND revision>? AND revision<?)',
    findByEventKey: 'SEARCH events USING INDEX events_by_event_key (stream_id=? AND event_key=?)',
  }

  for (const [name, plan] of Object.entries(wanted))
    test(`${name} is answered by: ${plan}`, () => {
      const database = openSqliteDatabase(':memory:', 'full')
      const rows = database.query(`EXPLAIN QUERY PLAN ${statements[name as StatementName]}`).all() as {
        detail: string
      }[]
      expect(rows.map((row) => row.detail)).toEqual([plan])
      database.close()
    })
})
