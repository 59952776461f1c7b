import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { isPlatformError } from '#kernel/platform-error.ts'
import { createSeededRandom, type Random } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { EventLog } from '../streams/event-log.ts'
import { backUp } from './backup.ts'
import type { Finding } from './findings.ts'
import { Scavenger } from './scavenger.ts'
import { verifyStore } from './verify.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-verify-'))
  file = join(folder, 'events.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

function open() {
  const storage = new SqliteStorage({ file })
  const log = new EventLog({ storage, log: silentLog })
  const append = (streamName: string, size: number, count = 1) => {
    const events = Array.from({ length: count }, (_, index) => ({
      id: newUuid(),
      type: 'Counted',
      contentType: 'application/octet-stream',
      data: Buffer.alloc(size, `${streamName} ${index}`),
      metadata: Buffer.alloc(0),
    }))
    return log.request({ kind: 'append', streamName, expected: 'any', events })
  }
  const describeStream = (streamName: string, metadata: object) => {
    const data = Buffer.from(JSON.stringify(metadata))
    const event = { id: newUuid(), type: '$metadata', contentType: 'application/json', data, metadata: Buffer.alloc(0) }
    return log.request({ kind: 'append', streamName: `$$${streamName}`, expected: 'any', events: [event] })
  }
  const close = () => {
    log.stop()
    storage.close()
  }
  return { storage, log, append, describeStream, close }
}

/** Everything a store has: long and short events, limits, deletions, tombstones, a scavenge, events not indexed yet. */
async function fill(): Promise<void> {
  const { storage, log, append, describeStream, close } = open()
  for (let round = 0; round < 6; round++)
    for (let stream = 0; stream < 12; stream++) await append(`s${stream}`, 40 + stream * 30, 1 + (stream % 3))
  await append('large', 30_000, 2)
  for (let stream = 0; stream < 4; stream++)
    await describeStream(`s${stream}`, { $maxCount: 2 + stream, $maxAge: 1_000 })
  await describeStream('only-described', { $tb: 3 })
  await log.request({ kind: 'delete', streamName: 's5', expected: 'any' })
  await describeStream('s6', { owner: 'somebody' })
  await log.request({ kind: 'tombstone', streamName: 's6', expected: 'any' })
  const scavenger = new Scavenger({ eventLog: log, storage, log: silentLog })
  scavenger.start()
  expect((await scavenger.whenEnded())?.result).toBe('Success')
  await append('s5', 100, 3)
  await append('new', 100, 5)
  close()
}

const change = (sql: string) => {
  const database = new Database(file)
  database.run(sql)
  database.close()
}

/** A floor counts where no event stands above it; nobody asks a tombstoned stream for more than that it is one. */
const streamsAsRead = `
  SELECT s.id, s.name, s.is_tombstoned,
    iif(over, 0, max(revision_floor, coalesce(
      (SELECT max(revision) FROM events WHERE stream_id = s.id AND revision < ${Number.MAX_SAFE_INTEGER}), -1))),
    iif(over, 0, truncate_before), iif(over, 0, max_count), iif(over, 0, max_age_seconds)
  FROM (SELECT *, is_tombstoned = 1 OR
    EXISTS (SELECT 1 FROM streams AS d WHERE d.is_tombstoned = 1 AND '$$' || d.name = streams.name) AS over
    FROM streams) AS s ORDER BY s.id`

/** Everything that is read of the file, or why it cannot be read. */
function readContent(): string {
  const database = new Database(file, { readonly: true })
  try {
    const events = database.query('SELECT * FROM events ORDER BY position').values()
    const streams = database.query(streamsAsRead).values()
    const byRevision = database.query('SELECT * FROM events_by_revision ORDER BY stream_id, revision').values()
    const byKey = database.query('SELECT * FROM events_by_event_key ORDER BY stream_id, event_key, position').values()
    return String(Bun.hash(JSON.stringify([events, streams, byRevision, byKey])))
  } catch (error) {
    return String(error)
  } finally {
    database.close()
  }
}

const kinds = (findings: readonly Finding[]) => [...new Set(findings.map(({ kind }) => kind))]

describe('the verification', () => {
  test('finds nothing in a sound store, nor in its backup, and counts what is there', async () => {
    await fill()
    const fractions: number[] = []
    const found = await verifyStore(file, { onProgress: ({ fraction }) => fractions.push(fraction) })
    expect(found).toMatchObject({ findings: [], findingCount: 0 })
    expect(found.eventCount).toBeGreaterThan(60)
    expect(found.streamCount).toBeGreaterThan(15)
    expect(fractions.at(-1)).toBe(1)
    const { storage, close } = open()
    const target = join(folder, 'backup.db')
    await backUp(storage, { target })
    close()
    expect(await verifyStore(target)).toEqual(found)
  })

  test('reads what a killed server has left in the write-ahead log, and changes nothing', async () => {
    const { append, log, close } = open()
    await append('s', 100, 20)
    const { lastPosition } = log
    const copy = join(folder, 'killed.db')
    for (const suffix of ['', '-wal']) await Bun.write(copy + suffix, Bun.file(file + suffix))
    close()
    const bytes = async () => [await Bun.file(copy).bytes(), await Bun.file(`${copy}-wal`).bytes()]
    const before = await bytes()
    expect(await verifyStore(copy)).toMatchObject({ eventCount: 20, lastPosition, findings: [] })
    expect(await bytes()).toEqual(before)
  })

  test('finds nothing in an empty store', async () => {
    open().close()
    expect(await verifyStore(file)).toMatchObject({ eventCount: 0, findings: [] })
  })

  test('names a damaged event by stream, revision, position and type', async () => {
    const { append, log, close } = open()
    await append('s', 100, 3)
    const position = log.lastPosition
    close()
    change(
      `UPDATE events SET record = CAST(substr(record, 1, length(record) - 9) || zeroblob(9) AS BLOB) WHERE position = ${position}`,
    )
    const { findings } = await verifyStore(file)
    expect(findings).toEqual([
      {
        kind: 'damaged-event',
        problem: 'Its record does not match its checksum.',
        position,
        streamName: 's',
        revision: 2,
        eventType: 'Counted',
      },
    ])
  })

  test('says where a row, a head, a limit or an index does not agree with the events', async () => {
    const cases: readonly (readonly [sql: string, kind: Finding['kind']])[] = [
      ['UPDATE events SET event_key = event_key + 1 WHERE revision = 1', 'damaged-event'],
      ['UPDATE events SET stream_id = stream_id + 1 WHERE revision = 1', 'damaged-event'],
      ["UPDATE streams SET revision_floor = 900 WHERE name = 's1'", 'wrong-stream'],
      ["UPDATE streams SET revision_floor = '' WHERE name = 's1'", 'wrong-stream'],
      ["UPDATE streams SET max_count = 900 WHERE name = 's1'", 'wrong-stream'],
      ["UPDATE streams SET truncate_before = 2 WHERE name = 's8'", 'wrong-stream'],
      ["UPDATE streams SET is_tombstoned = 1 WHERE name = 's8'", 'wrong-stream'],
      ["UPDATE streams SET is_tombstoned = 0 WHERE name = 's6'", 'wrong-stream'],
      ["UPDATE streams SET name = 'other' WHERE name = 's8'", 'damaged-event'],
      ['DELETE FROM events_by_revision WHERE position = (SELECT max(position) FROM events_by_revision)', 'wrong-index'],
      ['UPDATE events_by_event_key SET event_key = event_key + 1', 'wrong-index'],
      ['UPDATE index_progress SET position = position * 2', 'wrong-index'],
      [
        "DELETE FROM events WHERE revision = 2 AND stream_id = (SELECT id FROM streams WHERE name = 's8')",
        'wrong-stream',
      ],
      ['DROP TRIGGER events_deleted', 'damaged-file'],
      ['PRAGMA user_version = 77', 'damaged-file'],
    ]
    await fill()
    const sound = await Bun.file(file).bytes()
    for (const [sql, kind] of cases) {
      await Bun.write(file, sound)
      change(sql)
      expect(kinds((await verifyStore(file)).findings), sql).toContain(kind)
    }
  })

  test('names the range of a lost page and goes on behind it', async () => {
    const { append, storage, close } = open()
    for (let index = 0; index < 200; index++) await append('s', 900)
    storage.indexEvents()
    close()
    const bytes = await Bun.file(file).bytes()
    // A page of the log in the middle: the bytes of one of its events say which.
    const middle = Buffer.from(bytes).indexOf('Counted', Math.floor(bytes.length / 2))
    const pageAt = middle - (middle % 4_096)
    bytes.fill(0, pageAt, pageAt + 4_096)
    await Bun.write(file, bytes)
    const { findings, eventCount } = await verifyStore(file)
    const lost = findings.filter(({ kind }) => kind === 'lost-range')
    expect(lost).toHaveLength(1)
    expect(eventCount).toBeGreaterThan(190)
    expect((lost[0]?.lost?.before ?? 0) - (lost[0]?.lost?.after ?? 0)).toBeLessThan(12_000)
  })

  test('refuses a store that is being served, and one that is not there', async () => {
    const { close } = open()
    const kindOf = (work: Promise<unknown>) =>
      work.then(
        () => 'none',
        (error: unknown) => (isPlatformError(error) ? error.kind : String(error)),
      )
    expect(await kindOf(verifyStore(file))).toBe('already-running')
    expect(await kindOf(verifyStore(join(folder, 'nowhere.db')))).toBe('not-found')
    close()
    await Bun.write(file, 'no database at all, but long enough to be looked at by somebody'.repeat(200))
    expect(kinds((await verifyStore(file)).findings)).toEqual(['damaged-file'])
  })
})

describe('a flipped bit', () => {
  const flip = (bytes: Uint8Array, at: number, bit: number) => {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
  }

  async function flipSome(
    random: Random,
    sound: Uint8Array,
    whole: string,
  ): Promise<{ found: number; harmless: number }> {
    const counts = { found: 0, harmless: 0 }
    for (let round = 0; round < 60; round++) {
      const bytes = sound.slice()
      const at = Math.floor(random() * bytes.length)
      const bit = Math.floor(random() * 8)
      flip(bytes, at, bit)
      await Bun.write(file, bytes)
      const { findingCount } = await verifyStore(file)
      if (findingCount > 0) counts.found++
      else {
        expect(readContent(), `byte ${at}, bit ${bit}`).toBe(whole)
        counts.harmless++
      }
    }
    return counts
  }

  for (let round = 0; round < 3; round++) {
    const seed = testSeed() + round
    test(`anywhere in the file is found, or changes nothing that is read (seed ${seed})`, async () => {
      await fill()
      const sound = await Bun.file(file).bytes()
      const { found } = await flipSome(createSeededRandom(seed), sound, readContent())
      expect(found).toBeGreaterThan(0)
    })
  }

  test('in a record names that event', async () => {
    const { append, storage, close } = open()
    for (let index = 0; index < 40; index++) await append(`s${index % 3}`, 300)
    const range = { direction: 'forwards', after: -1, before: 1e15, eventCountMax: 1e9, sizeBytesMax: 1e12 } as const
    const events = storage.readAll(range)
    close()
    const sound = await Bun.file(file).bytes()
    const seed = testSeed()
    const random = createSeededRandom(seed)
    for (const { position, record } of events) {
      const [byte, bit] = [Math.floor(random() * record.length), Math.floor(random() * 8)]
      const named: unknown[] = []
      // Pages that were split keep old copies in their free space; only one is the event's.
      for (let at = Buffer.from(sound).indexOf(record); at >= 0; at = Buffer.from(sound).indexOf(record, at + 1)) {
        const bytes = sound.slice()
        flip(bytes, at + byte, bit)
        await Bun.write(file, bytes)
        for (const finding of (await verifyStore(file)).findings) named.push([finding.kind, finding.position])
      }
      expect(named, `seed ${seed}`).toEqual([['damaged-event', position]])
    }
  })
})
