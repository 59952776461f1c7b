import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { EventLog } from '../streams/event-log.ts'
import { encodeEventRecord, type ProposedEvent, readEventHeader } from '../streams/event-record.ts'
import { encodeEventLine, parseEventLine } from './event-lines.ts'
import { exportEvents, exportFile } from './export-events.ts'
import { importEvents, importFile } from './import-events.ts'
import { Scavenger } from './scavenger.ts'
import { verifyStore } from './verify.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-lines-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const texts = [
  '{"a":1}',
  '{"a": 1}',
  '{"b":2,"a":1,"10":0,"2":0}',
  '{"a":1,"a":2}',
  '{"__proto__":{"x":1},"toJSON":"no"}',
  '[1e21,1E3,-0,0.1]',
  '"\\ud800"',
  '"\\u0041"',
  '"ä\u2028\u2029 \u{1f600}"',
  'null',
  '\ufeff{}',
  'true',
  'not json',
  '{"a":1}\n',
  '9007199254740993',
]

function proposed(random: Random): ProposedEvent {
  const bytes = () => {
    if (random() < 0.7) return Buffer.from(pickOne(random, texts))
    return Buffer.from(Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256)))
  }
  const contentType = pickOne(random, ['application/json', 'application/octet-stream', ''])
  return { id: newUuid(), type: pickOne(random, ['T', 'Größe', '$x']), contentType, data: bytes(), metadata: bytes() }
}

describe('a line', () => {
  test('gives back every event byte for byte, whatever its data is', () => {
    const seed = testSeed()
    const random = createSeededRandom(seed)
    for (let round = 0; round < 2_000; round++) {
      const event = proposed(random)
      const place = {
        streamName: pickOne(random, ['s', 'ströme-1', '$$s']),
        revision: round,
        position: 64,
        createdAt: 5,
      }
      const line = encodeEventLine({ position: 64, record: encodeEventRecord(event, place) })
      expect(line.indexOf('\n')).toBe(line.length - 1)
      const parsed = parseEventLine(line)
      expect(parsed, `seed ${seed}`).toEqual({
        streamName: place.streamName,
        revision: round,
        isTombstone: false,
        event,
      })
    }
  })

  test('gives back JSON that is nested too deeply to be written', () => {
    const place = { streamName: 's', revision: 0, position: 64, createdAt: 5 }
    const deep = `{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}`
    const [id, metadata] = [newUuid(), Buffer.alloc(0)]
    const event = { id, type: 'T', contentType: 'application/json', data: Buffer.from(deep), metadata }
    const line = encodeEventLine({ position: 64, record: encodeEventRecord(event, place) })
    expect(parseEventLine(line)).toMatchObject({ event })
    const byHand = parseEventLine(`{"id":"${id}","stream":"s","type":"T","data" : ${deep} }`)
    expect(byHand).toMatchObject({ event })
  })

  test('shows JSON as JSON and everything else as base64', () => {
    const place = { streamName: 's', revision: 3, position: 64, createdAt: Date.UTC(2026, 0, 1) }
    const event = { id: '00000000-0000-4000-8000-000000000000', type: 'T', contentType: 'application/json' }
    const lineOf = (data: string) => {
      const record = encodeEventRecord({ ...event, data: Buffer.from(data), metadata: Buffer.alloc(0) }, place)
      return JSON.parse(encodeEventLine({ position: 64, record }))
    }
    expect(lineOf('{"a":1}')).toEqual({
      id: event.id,
      stream: 's',
      revision: 3,
      position: 64,
      type: 'T',
      contentType: 'application/json',
      created: '2026-01-01T00:00:00.000Z',
      data: { a: 1 },
    })
    expect(lineOf('{ }')).toMatchObject({ dataBase64: 'eyB9' })
  })

  test('that is no event says what is wrong with it', () => {
    const problemOf = (line: object | string) => {
      const parsed = parseEventLine(typeof line === 'string' ? line : JSON.stringify(line))
      return 'problem' in parsed ? parsed.problem : 'none'
    }
    const sound = { id: newUuid(), stream: 's', type: 'T', data: 1 }
    expect(problemOf(sound)).toBe('none')
    expect(problemOf('{')).toContain('JSON')
    expect(problemOf([])).toContain('JSON')
    expect(problemOf({ ...sound, id: 'x' })).toContain('"id"')
    expect(problemOf({ ...sound, stream: '$all' })).toContain('"stream"')
    expect(problemOf({ ...sound, type: 7 })).toContain('"type"')
    expect(problemOf({ ...sound, revision: -1 })).toContain('"revision"')
    expect(problemOf({ ...sound, dataBase64: '***' })).toContain('base64')
  })
})

describe('an export that is imported', () => {
  const open = (file = ':memory:') => {
    const storage = new SqliteStorage({ file })
    const eventLog = new EventLog({ storage, log: silentLog })
    return { storage, eventLog }
  }

  /** Everything an import keeps. */
  const contents = (storage: Storage) =>
    storage
      .readAll({ direction: 'forwards', after: -1, before: 1e15, eventCountMax: 1e9, sizeBytesMax: 1e12 })
      .map(({ record, position }) => {
        const { position: _, created, ...kept } = JSON.parse(encodeEventLine({ record, position }))
        return readEventHeader(record).type === '$streamDeleted' ? { ...kept, id: undefined } : kept
      })

  const exported = async (storage: Storage, options: object = {}) => {
    const lines: string[] = []
    await exportEvents(storage, { write: (text) => lines.push(text), ...options })
    return Buffer.from(lines.join(''))
  }

  async function fill({ eventLog, storage }: ReturnType<typeof open>, random: Random): Promise<void> {
    for (let round = 0; round < 300; round++) {
      const streamName = `s${Math.floor(random() * 9)}`
      const metadata = (data: object) => ({
        ...proposed(random),
        type: '$metadata',
        contentType: 'application/json',
        data: Buffer.from(JSON.stringify(data)),
      })
      if (round % 40 === 39) await eventLog.request({ kind: 'delete', streamName, expected: 'any' })
      if (round === 200) await eventLog.request({ kind: 'tombstone', streamName: 's8', expected: 'any' })
      if (round % 30 === 29) {
        const events = [metadata({ $maxCount: 2 + Math.floor(random() * 6) })]
        await eventLog.request({ kind: 'append', streamName: `$$${streamName}`, expected: 'any', events })
      }
      const events = Array.from({ length: 1 + Math.floor(random() * 4) }, () => proposed(random))
      await eventLog.request({ kind: 'append', streamName, expected: 'any', events })
    }
    const scavenger = new Scavenger({ eventLog, storage, log: silentLog })
    scavenger.start()
    await scavenger.whenEnded()
  }

  test('has the same events in the same order with the same revisions, and a second import adds none', async () => {
    const seed = testSeed()
    const source = open()
    await fill(source, createSeededRandom(seed))
    const text = await exported(source.storage)
    const target = open()
    const result = await importEvents(target, { pieces: [text.subarray(0, 1_000), text.subarray(1_000)] })
    expect(result, `seed ${seed}`).toMatchObject({ badLineCount: 0, repeatedCount: 0, movedCount: 0 })
    expect(contents(target.storage)).toEqual(contents(source.storage))
    const { lastPosition } = target.storage
    const again = await importEvents(target, { pieces: [text] })
    expect(again).toMatchObject({ importedCount: 0, repeatedCount: result.importedCount })
    expect(target.storage.lastPosition).toBe(lastPosition)
  })

  test('leaves each stream as deletions and metadata left it, also when those follow one another', async () => {
    const source = open()
    const append = (streamName: string, data: string) => {
      const [type, contentType] = ['T', 'application/json']
      const event = { id: newUuid(), type, contentType, data: Buffer.from(data), metadata: Buffer.alloc(0) }
      return source.eventLog.request({ kind: 'append', streamName, expected: 'any', events: [event] })
    }
    for (const metadata of [['{"$tb":1}', '{"$maxAge":5}'], ['{"$maxAge":6}'], []]) {
      const streamName = `s${metadata.length}`
      await append(streamName, '{}')
      await source.eventLog.request({ kind: 'delete', streamName, expected: 'any' })
      await append('other', '{}')
      for (const data of metadata) await append(`$$${streamName}`, data)
    }
    const target = open()
    await importEvents(target, { pieces: [await exported(source.storage)] })
    expect(contents(target.storage)).toEqual(contents(source.storage))
    for (const streamName of ['s0', 's1', 's2'])
      expect(target.storage.findStream(streamName)).toMatchObject({
        ...source.storage.findStream(streamName),
        id: expect.any(Number),
      })
  })

  test('goes on where it was cut off', async () => {
    const source = open()
    await fill(source, createSeededRandom(1))
    const text = await exported(source.storage)
    const target = open()
    const half = text.subarray(0, text.indexOf('\n', text.length / 2) + 1)
    const first = await importEvents(target, { pieces: [half] })
    const second = await importEvents(target, { pieces: [text] })
    expect(second.repeatedCount).toBe(first.importedCount)
    expect(contents(target.storage)).toEqual(contents(source.storage))
  })

  test('can leave system events and other streams out, and begin behind a position', async () => {
    const source = open()
    await fill(source, createSeededRandom(2))
    const streamsIn = async (options: object) => {
      const lines = (await exported(source.storage, options)).toString().trim().split('\n')
      return new Set(lines.map((line) => (JSON.parse(line) as { stream: string }).stream))
    }
    expect([...(await streamsIn({ withSystemEvents: false }))].some((name) => name.startsWith('$'))).toBe(false)
    const chosen = await streamsIn({ streamPrefixes: ['s1', 's2'] })
    expect([...chosen].every((name) => /^(\$\$)?s[12]$/.test(name))).toBe(true)
    expect(await exported(source.storage, { after: source.storage.lastPosition })).toHaveLength(0)
  })

  test('reports bad lines by number and goes on, and says what got another revision', async () => {
    const target = open()
    const line = (stream: string, revision: number) => JSON.stringify({ id: newUuid(), stream, revision, type: 'T' })
    const lines = [line('a', 0), '', 'rubbish', line('a', 1), line('a', 7), line('$all', 0)]
    const result = await importEvents(target, { pieces: [Buffer.from(lines.join('\n'))] })
    expect(result).toEqual({
      lineCount: 6,
      importedCount: 3,
      repeatedCount: 0,
      movedCount: 1,
      badLineCount: 2,
      badLines: [
        { line: 3, problem: 'it is no JSON object' },
        { line: 6, problem: 'its "stream" names none' },
      ],
    })
  })

  test('goes from file to file, and the new store is sound', async () => {
    const [from, to] = [join(folder, 'from.db'), join(folder, 'to.db')]
    const source = open(from)
    await fill(source, createSeededRandom(3))
    source.eventLog.stop()
    source.storage.close()
    const lines: string[] = []
    const { eventCount } = await exportFile(from, { write: (text) => lines.push(text) })
    const result = await importFile(to, { pieces: [Buffer.from(lines.join(''))] })
    expect(result.importedCount).toBe(eventCount)
    expect((await verifyStore(to)).findings).toEqual([])
  })
})
