import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPlatformError } from '#kernel/platform-error.ts'
import { openSqliteDatabase } from './sqlite-database.ts'
import { type StatementName, statements } from './sqlite-schema.ts'
import { SqliteStorage } from './sqlite-storage.ts'
import type { StoredEvent, StoredStream } from './storage.ts'

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

  test('finds the newest of many events with one id, and holds no more of them, indexed or not', () => {
    const storage = new SqliteStorage({ file })
    const found = () => storage.findByEventKey(1, 6).map(({ position }) => position / 1_000)
    fill(storage, 7 * 60)
    const newest = Array.from({ length: 32 }, (_, index) => 7 * (29 + index))
    expect(found()).toEqual(newest)
    storage.indexEvents()
    expect(found()).toEqual(newest)
    const last = { position: 1_000_000, streamId: 1, revision: 420, eventKey: 6, record: Buffer.from('last') }
    storage.commit((writer) => writer.insertEvent(last))
    expect(found()).toEqual([...newest.slice(1), 1_000])
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

  test('refuses a file whose tables are damaged, in words, and lets go of it', () => {
    const storage = new SqliteStorage({ file })
    fill(storage, 100, 1_000)
    storage.close()
    const bytes = readFileSync(file)
    // All that follows the schema: the roots of the tables too.
    bytes.fill(0xff, 4_096)
    writeFileSync(file, bytes)
    expect(errorKind(() => new SqliteStorage({ file }))).toBe('store-damaged')
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

describe('the indexes', () => {
  test('may be written at any time: every question has the same answer before, between and after', () => {
    const storage = new SqliteStorage({ file })
    const ask = () => {
      const range = { streamId: 2, first: 1, last: 99, eventCountMax: 12, sizeBytesMax: 1e9 }
      const texts = (events: StoredEvent[]) => events.map((event) => `${event.position} ${event.record}`)
      return {
        forwards: texts(storage.readStream({ ...range, direction: 'forwards' })),
        backwards: texts(storage.readStream({ ...range, direction: 'backwards' })),
        middle: texts(storage.readStream({ ...range, first: 4, last: 6, direction: 'backwards' })),
        small: texts(storage.readStream({ ...range, sizeBytesMax: 9, direction: 'forwards' })),
        byKey: texts(storage.findByEventKey(2, 1)),
        head: storage.findStream('order-2')?.revision,
      }
    }
    const revisions = [-1, -1, -1]
    let position = 0
    const append = (count: number) =>
      storage.commit((writer) => {
        for (let index = 0; index < count; index++) {
          const streamId = 1 + (position % 3)
          const revision = (revisions[streamId - 1] ?? 0) + 1
          revisions[streamId - 1] = revision
          const record = Buffer.from(`${streamId}@${revision}`)
          writer.insertEvent({ position: ++position, streamId, revision, eventKey: position % 5, record })
        }
        if (position === count) for (const id of [1, 2, 3]) writer.saveStream(stream(id, -1))
      })
    append(20)
    const atFirst = ask()
    storage.indexEvents()
    expect(ask()).toEqual(atFirst)
    append(20)
    const halfIndexed = ask()
    expect(halfIndexed.head).toBe(12)
    expect(halfIndexed.forwards).toHaveLength(12)
    storage.indexEvents()
    expect(ask()).toEqual(halfIndexed)
    storage.close()
  })

  test('are written in small pieces, and in larger ones where events come faster', () => {
    const backlog = {
      worthwhile: { logBytes: 1e9, unindexedEvents: 320 },
      overdue: { logBytes: 1e9, unindexedEvents: 480 },
    }
    const range = { streamId: 1, first: 0, last: 999, eventCountMax: 999, sizeBytesMax: 1e9 } as const
    const pieceCounts = [400, 600].map((eventCount) => {
      const storage = new SqliteStorage({ file: `${file}-${eventCount}`, backlog })
      fill(storage, eventCount)
      const positions = () => storage.readStream({ ...range, direction: 'backwards' }).map(({ position }) => position)
      const atFirst = positions()
      let pieceCount = 0
      for (; storage.checkpointNeed !== 'none'; pieceCount++) {
        storage.checkpoint()
        expect(positions()).toEqual(atFirst)
        expect(storage.findStream('order-1')?.revision).toBe(eventCount - 1)
      }
      storage.close()
      return pieceCount
    })
    // 10 of 80; and 240 at once of 280, then 10 each.
    expect(pieceCounts).toEqual([8, 5])
  })

  test('are complete after a start, whatever was not written into them before', () => {
    const storage = new SqliteStorage({ file })
    fill(storage, 10)
    storage.indexEvents()
    storage.commit((writer) =>
      writer.insertEvent({ position: 20_000, streamId: 1, revision: 10, eventKey: 3, record: Buffer.from('late') }),
    )
    storage.close()
    const again = new SqliteStorage({ file })
    expect(again.findStream('order-1')?.revision).toBe(10)
    expect(again.findByEventKey(1, 3).map((event) => event.position)).toEqual([4_000, 20_000])
    again.close()
  })

  test('forget a deleted event, and its stream goes on counting', () => {
    const storage = new SqliteStorage({ file })
    fill(storage, 10)
    storage.indexEvents()
    storage.close()
    const scavenging = new Database(file)
    scavenging.run('DELETE FROM events WHERE revision > 6')
    expect(scavenging.query('SELECT count(*) FROM events_by_revision').values()).toEqual([[7]])
    expect(scavenging.query('SELECT count(*) FROM events_by_event_key').values()).toEqual([[7]])
    scavenging.close()
    const again = new SqliteStorage({ file })
    expect(again.findStream('order-1')?.revision).toBe(9)
    expect(again.lastPosition).toBe(10_000)
    again.close()
  })
})

describe('a file of format 1', () => {
  test('becomes one of today with everything in it', () => {
    const old = new Database(file, { create: true })
    old.run(`
      CREATE TABLE events (position INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, revision INTEGER NOT NULL,
        event_key INTEGER NOT NULL, checksum INTEGER NOT NULL, record BLOB NOT NULL);
      CREATE UNIQUE INDEX events_by_revision ON events (stream_id, revision);
      CREATE INDEX events_by_event_key ON events (stream_id, event_key);
      CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL,
        truncate_before INTEGER NOT NULL, max_count INTEGER, max_age_seconds INTEGER, is_tombstoned INTEGER NOT NULL);
      INSERT INTO streams VALUES (1, 'order-1', 1, 0, NULL, NULL, 0);
      INSERT INTO events VALUES (10, 1, 0, 7, ${Bun.hash.crc32('a')}, CAST('a' AS BLOB));
      INSERT INTO events VALUES (20, 1, 1, 8, ${Bun.hash.crc32('b')}, CAST('b' AS BLOB));
      PRAGMA user_version = 1;
    `)
    old.close()
    const storage = new SqliteStorage({ file })
    expect(storage.findStream('order-1')).toEqual(stream(1, 1))
    expect(storage.findByEventKey(1, 8).map((event) => event.record.toString())).toEqual(['b'])
    const range = { streamId: 1, first: 0, last: 9, eventCountMax: 9, sizeBytesMax: 1e9 }
    expect(storage.readStream({ ...range, direction: 'forwards' }).map((event) => event.position)).toEqual([10, 20])
    expect(storage.lastPosition).toBe(20)
    storage.close()
  })
})

describe('the write-ahead log', () => {
  test('is written over from its beginning after each checkpoint, also after a read that stopped half-way', () => {
    const storage = new SqliteStorage({ file })
    const all = { after: 0, before: Number.MAX_SAFE_INTEGER, eventCountMax: 99, sizeBytesMax: 1 } as const
    const sizes: number[] = []
    for (let round = 0; round < 5; round++) {
      storage.commit((writer) => {
        for (let index = 0; index < 200; index++)
          writer.insertEvent({
            position: storage.lastPosition + index + 1,
            streamId: 1,
            revision: round * 200 + index,
            eventKey: 0,
            record: Buffer.alloc(1_000),
          })
      })
      expect(storage.readAll({ ...all, direction: 'forwards' })).toHaveLength(1)
      storage.checkpoint()
      sizes.push(statSync(`${file}-wal`).size)
    }
    expect(Math.max(...sizes)).toBeLessThan(2 * (sizes[0] ?? 0))
    storage.close()
  })
})

describe('the write-ahead log, however fast events come', () => {
  test('stays small', () => {
    const backlog = {
      worthwhile: { logBytes: 100_000, unindexedEvents: 400 },
      overdue: { logBytes: 1_000_000, unindexedEvents: 600 },
    }
    const storage = new SqliteStorage({ file, backlog })
    storage.commit((writer) => {
      for (let id = 1; id <= 50; id++) writer.saveStream(stream(id, -1))
    })
    const sizes: number[] = []
    for (let round = 0; round < 300; round++) {
      storage.commit((writer) => {
        for (let index = 0; index < 100; index++)
          writer.insertEvent({
            position: storage.lastPosition + index + 1,
            streamId: 1 + (index % 50),
            revision: round * 2 + Math.floor(index / 50),
            eventKey: (round * 7_919 + index * 104_729) % 1_000_003,
            record: Buffer.alloc(200),
          })
      })
      if (storage.checkpointNeed === 'overdue') storage.checkpoint()
      sizes.push(statSync(`${file}-wal`).size)
    }
    expect(Math.max(...sizes)).toBeLessThan(1_500_000)
    storage.close()
  })
})

describe('a log that a crash has left', () => {
  test('is due for a checkpoint as if this process had written it', () => {
    const storage = new SqliteStorage({ file })
    expect(storage.checkpointNeed).toBe('none')
    fill(storage, 2_000, 1_000)
    const copy = join(folder, 'left.db')
    for (const suffix of ['', '-wal']) copyFileSync(file + suffix, copy + suffix)
    storage.close()
    const left = new SqliteStorage({ file: copy })
    expect(left.lastPosition).toBe(2_000_000)
    expect(left.checkpointNeed).toBe('worthwhile')
    left.checkpoint()
    expect(left.checkpointNeed).toBe('none')
    left.close()
  })
})

describe('the file', () => {
  test("is its owner's alone when it is new, with what stands beside it, and keeps the rights it has been given", () => {
    const storage = new SqliteStorage({ file })
    fill(storage, 10)
    for (const path of [file, `${file}-wal`]) expect(statSync(path).mode & 0o777).toBe(0o600)
    storage.close()
    chmodSync(file, 0o640)
    new SqliteStorage({ file }).close()
    expect(statSync(file).mode & 0o777).toBe(0o640)
  })

  test('that cannot be made is named, with what to look at', () => {
    for (const path of [folder, join(folder, 'nowhere', 'events.db')]) {
      const open = () => new SqliteStorage({ file: path })
      expect(open).toThrow(`${path} cannot be opened`)
      expect(open).toThrow(expect.objectContaining({ kind: 'unavailable' }))
    }
  })
})

describe('the query plans', () => {
  const bySpan = 'USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)'
  const inStream = [
    'SEARCH place USING PRIMARY KEY (stream_id=? AND revision>? AND revision<?)',
    'SEARCH events USING INTEGER PRIMARY KEY (rowid=?)',
  ]
  const needsNoPlan = ['begin', 'commit', 'insertEvent', 'saveStream', 'checkpoint'] as const
  const wanted: Record<Exclude<StatementName, (typeof needsNoPlan)[number]>, string[]> = {
    findStream: ['SEARCH streams USING INDEX sqlite_autoindex_streams_1 (name=?)'],
    findHead: ['SEARCH events_by_revision USING PRIMARY KEY (stream_id=? AND revision<?)'],
    lastPosition: ['SEARCH events'],
    lastStreamId: ['SEARCH streams'],
    readLast: ['SCAN events'],
    readAt: ['SEARCH events USING INTEGER PRIMARY KEY (rowid=?)'],
    readAllForwards: [`SEARCH events ${bySpan}`],
    readAllBackwards: [`SEARCH events ${bySpan}`],
    readStreamForwards: inStream,
    readStreamBackwards: inStream,
    positionsWithKey: ['SEARCH events_by_event_key USING PRIMARY KEY (stream_id=? AND event_key=?)'],
    indexProgress: ['SCAN index_progress'],
    saveIndexProgress: ['SCAN index_progress'],
    eventsToIndex: ['SEARCH events USING INTEGER PRIMARY KEY (rowid>?)'],
    indexRevisions: [`SEARCH events ${bySpan}`, 'USE TEMP B-TREE FOR ORDER BY'],
    indexEventKeys: [`SEARCH events ${bySpan}`, 'USE TEMP B-TREE FOR ORDER BY'],
  }

  for (const [name, plan] of Object.entries(wanted))
    test(`${name} is answered by: ${plan.join(', then ')}`, () => {
      const database = openSqliteDatabase(':memory:', 'full')
      const rows = database.query(`EXPLAIN QUERY PLAN ${statements[name as StatementName]}`).all() as {
        detail: string
      }[]
      expect(rows.map((row) => row.detail)).toEqual(plan)
      database.close()
    })
})
