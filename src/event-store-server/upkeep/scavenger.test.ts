import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, createFakeClock, type FakeClock, systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import type { Storage, StoredEvent } from '../storage/storage.ts'
import { EventLog } from '../streams/event-log.ts'
import { type ProposedEvent, readEventData, readEventHeader, readPosition } from '../streams/event-record.ts'
import type { ExpectedRevision } from '../streams/expected-revision.ts'
import { readStream } from '../streams/read.ts'
import type { SubscriptionSink } from '../streams/read-sink.ts'
import { subscribeToAll } from '../streams/subscription-to-all.ts'
import { StreamTombstoned, subscribeToStream } from '../streams/subscription-to-stream.ts'
import { Scavenger } from './scavenger.ts'

let folder: string
let clock: FakeClock

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scavenger-'))
  clock = createFakeClock(Date.UTC(2026, 0, 1))
})
afterEach(() => rmSync(folder, { recursive: true }))

function proposed(data: string, type = 'Counted'): ProposedEvent {
  return { id: newUuid(), type, contentType: 'application/json', data: Buffer.from(data), metadata: Buffer.alloc(0) }
}

type Opened = ReturnType<typeof open>

function open(file = ':memory:', tailCount = 64) {
  const storage = new SqliteStorage({ file })
  const log = new EventLog({
    storage,
    log: silentLog,
    clock,
    tail: { eventCountMax: tailCount, sizeBytesMax: 1e6 },
    cachedStreamsMax: 4,
  })
  const append = (streamName: string, events: ProposedEvent[], expected: ExpectedRevision = 'any') =>
    log.request({ kind: 'append', streamName, expected, events })
  const describeStream = (streamName: string, metadata: object) =>
    append(`$$${streamName}`, [proposed(JSON.stringify(metadata), '$metadata')])
  const scavenger = new Scavenger({ eventLog: log, storage, log: silentLog, nodeEndpoint: () => '127.0.0.1:2113' })
  const close = async () => {
    await scavenger.stop()
    log.stop()
    storage.close()
  }
  return { storage, log, append, describeStream, scavenger, close }
}

/** Takes everything until it has caught up, or until it is closed. */
class CollectingSink implements SubscriptionSink {
  readonly records: string[] = []
  isClosed = false
  isFull = false
  private listener: () => void = () => undefined

  onChange(listener: () => void): void {
    this.listener = listener
  }

  sendEvent(record: Buffer): void {
    this.records.push(record.toString('base64'))
  }

  sendConfirmation(): void {}
  sendCheckpoint(): void {}
  sendFellBehind(): void {}

  sendCaughtUp(): void {
    this.isClosed = true
    this.listener()
  }
}

async function readWhole({ log }: Opened, streamName: string): Promise<string[]> {
  const stream = log.findStream(streamName)
  if (!stream || stream.isTombstoned) return []
  const sink = new CollectingSink()
  await readStream(log, stream, { streamName, direction: 'forwards', from: 'start', countMax: 1e9 }, sink)
  return sink.records
}

async function follow({ log }: Opened, streamName: string, after: number): Promise<string[]> {
  const sink = new CollectingSink()
  const work = subscribeToStream(log, { streamName, after }, sink)
  await work.catch((error: unknown) => {
    if (!(error instanceof StreamTombstoned)) throw error
  })
  return sink.records
}

async function followAll({ log }: Opened, after: number): Promise<string[]> {
  const sink = new CollectingSink()
  await subscribeToAll(log, { after, filter: undefined, checkpointEvery: undefined }, sink)
  return sink.records
}

function everything(storage: Storage): StoredEvent[] {
  const range = { direction: 'forwards', after: -1, before: Number.MAX_SAFE_INTEGER } as const
  return storage.readAll({ ...range, eventCountMax: 1e9, sizeBytesMax: 1e12 })
}

const values = (events: readonly StoredEvent[], streamName: string) =>
  events
    .filter(({ record }) => readEventHeader(record).streamName === streamName)
    .map(({ record }) => readEventData(record, readEventHeader(record)).toString())

async function scavenge({ scavenger }: Opened) {
  scavenger.start()
  const progress = await scavenger.whenEnded()
  expect(progress?.result).toBe('Success')
  return progress
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => proposed(String(index)))

describe('a scavenge', () => {
  test('removes what limits hide, and keeps the last event of every stream', async () => {
    const opened = open()
    const { append, describeStream, storage } = opened
    await append('counted', numbers(10))
    await describeStream('counted', { $maxCount: 3 })
    await append('truncated', numbers(10))
    await describeStream('truncated', { $tb: 4 })
    await append('aged', numbers(10))
    await describeStream('aged', { $maxAge: 60 })
    await append('plain', numbers(3))
    clock.advance(61_000)
    const progress = await scavenge(opened)
    const left = everything(storage)
    expect(values(left, 'counted')).toEqual(['7', '8', '9'])
    expect(values(left, 'truncated')).toEqual(['4', '5', '6', '7', '8', '9'])
    expect(values(left, 'aged')).toEqual(['9'])
    expect(values(left, 'plain')).toEqual(['0', '1', '2'])
    expect(progress).toMatchObject({ removedEventCount: 7 + 4 + 9 })
    expect(progress?.lookedAtStreamCount).toBe(progress?.streamCount as number)
  })

  test('keeps one event of a deleted stream, so that it goes on counting, and its metadata', async () => {
    const opened = open()
    const { append, log, storage } = opened
    await append('gone', numbers(10))
    await log.request({ kind: 'delete', streamName: 'gone', expected: 'any' })
    await scavenge(opened)
    expect(values(everything(storage), 'gone')).toEqual(['9'])
    expect(values(everything(storage), '$$gone')).toHaveLength(1)
    expect(await readWhole(opened, 'gone')).toEqual([])
    expect(await append('gone', [proposed('new')], 'no-stream')).toMatchObject({ kind: 'written', revision: 10 })
    await scavenge(opened)
    expect(values(everything(storage), 'gone')).toEqual(['new'])
    expect(values(everything(storage), '$$gone')).toEqual(['{"$tb":10}'])
  })

  test('leaves nothing of a tombstoned stream but its tombstone, and nothing of its metadata', async () => {
    const opened = open()
    const { append, describeStream, log, storage } = opened
    await append('gone', numbers(10))
    await describeStream('gone', { secret: 'value' })
    await log.request({ kind: 'tombstone', streamName: 'gone', expected: 'any' })
    await scavenge(opened)
    const left = everything(storage).map(({ record }) => readEventHeader(record))
    expect(left.filter(({ streamName }) => streamName === 'gone').map(({ type }) => type)).toEqual(['$streamDeleted'])
    expect(left.filter(({ streamName }) => streamName === '$$gone')).toEqual([])
    expect(await append('gone', [proposed('x')])).toEqual({ kind: 'tombstoned' })
    expect(await append('$$gone', [proposed('x')])).toEqual({ kind: 'tombstoned' })
  })

  test('never takes the end of the log back, also when the newest events are hidden', async () => {
    const file = join(folder, 'events.db')
    const opened = open(file)
    await opened.append('gone', numbers(10))
    await opened.log.request({ kind: 'tombstone', streamName: 'gone', expected: 'any' })
    await scavenge(opened)
    const { lastPosition } = opened.log
    await opened.close()
    const again = open(file)
    expect(again.log.lastPosition).toBe(lastPosition)
    const outcome = await again.append('next', [proposed('1')])
    expect(outcome).toMatchObject({ kind: 'written' })
    expect(again.log.lastPosition).toBeGreaterThan(lastPosition)
    await again.close()
  })

  test('takes removed events out of the memory of recent ones', async () => {
    const opened = open(':memory:', 4_096)
    await opened.append('gone', numbers(10))
    await opened.log.request({ kind: 'tombstone', streamName: 'gone', expected: 'any' })
    await opened.append('kept', numbers(2))
    await scavenge(opened)
    const seen = await followAll(opened, 0)
    expect(seen).toEqual(everything(opened.storage).map(({ record }) => record.toString('base64')))
  })

  test('answers a retry of what it removed without failing', async () => {
    const opened = open()
    const events = numbers(10)
    await opened.append('counted', events)
    await opened.describeStream('counted', { $maxCount: 3 })
    await scavenge(opened)
    expect(await opened.append('counted', events, 'no-stream')).toMatchObject({ kind: 'conflict' })
    expect(await opened.append('counted', events.slice(8), 7)).toMatchObject({ kind: 'written', revision: 9 })
    expect(await opened.append('counted', events.slice(2, 4), 1)).toMatchObject({ kind: 'conflict' })
  })

  test('is one at a time, can be stopped by its id, and the next one goes on where it was', async () => {
    const opened = open()
    for (let index = 0; index < 40; index++) {
      await opened.append(`s${index}`, numbers(60))
      await opened.describeStream(`s${index}`, { $maxCount: 1 })
    }
    const first = opened.scavenger.start()
    expect(opened.scavenger.start()).toEqual({ scavengeId: first.scavengeId, isNew: false })
    expect(await opened.scavenger.stop(newUuid())).toBe(false)
    while ((opened.scavenger.progress?.removedEventCount ?? 0) === 0) await new Promise((done) => setImmediate(done))
    expect(await opened.scavenger.stop(first.scavengeId)).toBe(true)
    const stopped = opened.scavenger.progress
    expect(stopped?.result).toBe('Stopped')
    expect(stopped?.removedEventCount).toBeLessThan(40 * 59)
    expect(opened.storage.upkeep.loadScavengeNote()?.lastStreamId).toBeGreaterThan(0)
    const second = await scavenge(opened)
    expect((stopped?.removedEventCount ?? 0) + (second?.removedEventCount ?? 0)).toBe(40 * 59)
    expect(opened.storage.upkeep.loadScavengeNote()).toEqual({ lastStreamId: 0, scavengeId: undefined })
  })

  test('rests for a second at most, though the machine sleeps for hours or its clock is set back', async () => {
    let now = Date.UTC(2026, 0, 1)
    let jumpMs = 0
    const restsMs: number[] = []
    const jumping: Clock = {
      now: () => now,
      after: (delayMs, work) => {
        restsMs.push(delayMs)
        return systemClock.after(0, work)
      },
    }
    const storage = new SqliteStorage({
      file: ':memory:',
      onStep: (step) => (now += step === 'scavenge:removed' ? jumpMs : 0),
    })
    const eventLog = new EventLog({ storage, log: silentLog, clock: jumping })
    const scavenger = new Scavenger({ eventLog, storage, log: silentLog })
    for (jumpMs of [8 * 3_600_000, -8 * 3_600_000]) {
      for (let n = 0; n < 5; n++) {
        const events = [proposed(`{"$maxCount":${n + 1}}`, '$metadata')]
        await eventLog.request({ kind: 'append', streamName: '$$a', expected: 'any', events })
      }
      scavenger.start()
      expect((await scavenger.whenEnded())?.result).toBe('Success')
    }
    expect(Math.max(...restsMs)).toBe(1_000)
    const records = values(everything(storage), '$scavenges').map((link) => link.split('@')[1] ?? '')
    const ends = records
      .flatMap((name) => values(everything(storage), name))
      .filter((data) => data.includes('timeTaken'))
    expect(ends.length).toBeGreaterThan(0)
    expect(ends.every((data) => /"timeTaken":"\d\d:\d\d:\d\d\./.test(data))).toBe(true)
    eventLog.stop()
    storage.close()
  })

  test('is kept in the history of scavenges, with its end, also when a crash cut it off', async () => {
    const opened = open()
    await opened.append('a', numbers(3))
    const progress = await scavenge(opened)
    const stream = `$scavenges-${progress?.scavengeId}`
    const recorded = everything(opened.storage)
      .map(({ record }) => readEventHeader(record))
      .filter(({ streamName }) => streamName === stream)
    expect(recorded.map(({ type }) => type)).toEqual(['$scavengeStarted', '$scavengeCompleted'])
    const end = JSON.parse(values(everything(opened.storage), stream)[1] ?? '')
    expect(end).toMatchObject({ scavengeId: progress?.scavengeId, nodeEndpoint: '127.0.0.1:2113', result: 'Success' })
    expect(values(everything(opened.storage), '$scavenges')).toEqual([`0@${stream}`, `1@${stream}`])

    const crashed = new Scavenger({
      eventLog: opened.log,
      storage: opened.storage,
      log: silentLog,
      onStep: (step) => {
        if (step === 'scavenge:recorded') throw new Error('the power went out')
      },
    })
    const { scavengeId } = crashed.start()
    await crashed.whenEnded()
    expect(opened.storage.upkeep.loadScavengeNote()?.scavengeId).toBe(scavengeId)
    await opened.scavenger.recordInterrupted()
    expect(opened.storage.upkeep.loadScavengeNote()?.scavengeId).toBeUndefined()
  })

  test('that fails says why, leaves everything as it was, and keeps nobody from appending or scavenging again', async () => {
    const opened = open()
    await opened.append('counted', numbers(10))
    await opened.describeStream('counted', { $maxCount: 3 })
    const { upkeep } = opened.storage
    const save = upkeep.saveScavengeNote
    let isFull = false
    upkeep.saveScavengeNote = (note) => {
      // In the middle of a removal, after its first deletions.
      if (isFull) throw new Error('the disk is full')
      save.call(upkeep, note)
      isFull = note.scavengeId !== undefined
    }
    opened.scavenger.start()
    const failed = await opened.scavenger.whenEnded()
    expect(failed?.result).toBe('Errored')
    expect(failed?.error).toContain('the disk is full')
    expect(values(everything(opened.storage), 'counted')).toHaveLength(10)
    upkeep.saveScavengeNote = save
    expect(await opened.append('counted', numbers(1))).toMatchObject({ kind: 'written', revision: 10 })
    await scavenge(opened)
    expect(values(everything(opened.storage), 'counted')).toHaveLength(3)
  })

  test('gives the space back to the file system', async () => {
    const file = join(folder, 'events.db')
    const opened = open(file)
    for (let index = 0; index < 20; index++) {
      await opened.append(`s${index}`, [proposed('x'.repeat(100_000)), proposed('last')])
      await opened.describeStream(`s${index}`, { $maxCount: 1 })
    }
    opened.storage.checkpoint()
    const before = Bun.file(file).size
    const progress = await scavenge(opened)
    expect(Bun.file(file).size).toBeLessThan(before / 4)
    expect(progress?.givenBackBytes).toBeGreaterThan(before / 2)
    await opened.close()
  })
})

describe('readers beside a scavenge', () => {
  const limits = { eventCountMax: 5, sizeBytesMax: 1e6, streamCountMax: 2, lengthMsMax: 1_000 }

  /** Stays until it is closed, and takes nothing while it is full. */
  class StayingSink extends CollectingSink {
    private tell: () => void = () => undefined

    override onChange(listener: () => void): void {
      this.tell = listener
    }

    override sendCaughtUp(): void {}

    change(change: Partial<Pick<StayingSink, 'isFull' | 'isClosed'>>): void {
      Object.assign(this, change)
      this.tell()
    }
  }

  const placesOf = (sink: CollectingSink) =>
    sink.records.map((text) => {
      const record = Buffer.from(text, 'base64')
      return { position: readPosition(record), ...readEventHeader(record) }
    })

  const grows = (numbers: readonly number[]) => numbers.every((number, index) => number > (numbers[index - 1] ?? -1))

  test('go on from where they are, and miss nothing that is appended meanwhile', async () => {
    const opened = open(':memory:', 16)
    const { append, describeStream, storage, log } = opened
    for (let index = 0; index < 20; index++) {
      await append(`s${index}`, numbers(40))
      await describeStream(`s${index}`, { $maxCount: 3 })
    }
    const [live, slow, ofStream] = [new StayingSink(), new StayingSink(), new StayingSink()]
    const all = { after: 0, filter: undefined, checkpointEvery: undefined }
    const following = [
      subscribeToAll(log, all, live),
      subscribeToAll(log, all, slow),
      subscribeToStream(log, { streamName: 's7', after: -1 }, ofStream),
    ]
    while (slow.records.length < 300) await new Promise((done) => setImmediate(done))
    slow.change({ isFull: true })

    const scavenger = new Scavenger({ eventLog: log, storage, log: silentLog, limits })
    scavenger.start()
    const appended: (number | undefined)[] = []
    while (scavenger.progress?.result === undefined) {
      const outcome = await append(`s${appended.length % 20}`, numbers(1))
      if (outcome.kind === 'written') appended.push(outcome.position)
    }
    expect(scavenger.progress.result).toBe('Success')
    // What was appended has hidden some more.
    expect(scavenger.progress.removedEventCount).toBeGreaterThanOrEqual(20 * 37)
    slow.change({ isFull: false })
    const end = log.lastPosition
    const hasAll = (sink: CollectingSink) => placesOf(sink).at(-1)?.position === end
    while (!hasAll(live) || !hasAll(slow)) await new Promise((done) => setImmediate(done))
    for (const sink of [live, slow, ofStream]) sink.change({ isClosed: true })
    await Promise.all(following)

    for (const sink of [live, slow]) {
      const positions = placesOf(sink).map(({ position }) => position)
      expect(grows(positions)).toBe(true)
      const seen = new Set(positions)
      expect(everything(storage).filter(({ position }) => !seen.has(position))).toEqual([])
      expect(appended.filter((position) => !seen.has(position ?? -1))).toEqual([])
    }
    const revisions = placesOf(ofStream).map(({ revision }) => revision)
    expect(grows(revisions)).toBe(true)
    expect(revisions.at(-1)).toBe(log.findStream('s7')?.revision as number)
  })
})

describe('everything visible before a scavenge is visible after it, byte for byte', () => {
  const streamNames = Array.from({ length: 12 }, (_, index) => `s${index}`)

  async function changeSomething(opened: Opened, random: Random): Promise<void> {
    const { append, describeStream, log } = opened
    const streamName = pickOne(random, streamNames)
    const head = log.findStream(streamName)?.revision ?? -1
    const upTo = (max: number) => Math.floor(random() * max)
    clock.advance(upTo(20_000))
    switch (upTo(12)) {
      case 0:
        return void (await describeStream(streamName, { $maxCount: 1 + upTo(8) }))
      case 1:
        return void (await describeStream(streamName, { $maxAge: 1 + upTo(200) }))
      case 2:
        return void (await describeStream(streamName, { $tb: upTo(head + 3), $maxCount: 1 + upTo(30) }))
      case 3:
        return void (await describeStream(streamName, {}))
      case 4:
        return void (await log.request({ kind: 'delete', streamName, expected: 'any' }))
      case 5:
        if (random() < 0.2) await log.request({ kind: 'tombstone', streamName, expected: 'any' })
        return
      default:
        await append(streamName, numbers(1 + upTo(12)))
    }
  }

  async function look(opened: Opened, random: Random) {
    const found: Record<string, unknown> = {}
    for (const streamName of [...streamNames, ...streamNames.map((name) => `$$${name}`)]) {
      const stream = opened.log.findStream(streamName)
      const after = Math.floor(random() * ((stream?.revision ?? 0) + 2)) - 1
      const isWhole =
        stream?.isTombstoned !== true && !opened.log.findStream(streamName.replace('$$', ''))?.isTombstoned
      found[streamName] = {
        stream,
        events: isWhole ? await readWhole(opened, streamName) : [],
        followed: isWhole ? await follow(opened, streamName, after) : [],
      }
    }
    return found
  }

  for (let round = 0; round < 12; round++) {
    const seed = testSeed() + round
    test(`with seed ${seed}`, async () => {
      const random = createSeededRandom(seed)
      const file = join(folder, 'events.db')
      let opened = open(file, 1 + Math.floor(random() * 200))
      for (let turn = 0; turn < 8; turn++) {
        for (let change = 0; change < 40; change++) await changeSomething(opened, random)
        const lookSeed = random() * 2 ** 32
        const before = await look(opened, createSeededRandom(lookSeed))
        const allBefore = everything(opened.storage)
        const { lastPosition } = opened.log
        await scavenge(opened)
        expect(await look(opened, createSeededRandom(lookSeed))).toEqual(before)

        const old = new Set(allBefore.map(({ position }) => position))
        const left = everything(opened.storage).filter(({ position }) => position <= lastPosition)
        expect(left.every(({ position }) => old.has(position))).toBe(true)
        const after = Math.floor(random() * lastPosition)
        const now = everything(opened.storage).filter(({ position }) => position > after)
        expect(await followAll(opened, after)).toEqual(now.map(({ record }) => record.toString('base64')))

        if (random() < 0.5) {
          await opened.close()
          opened = open(file, 1 + Math.floor(random() * 200))
          expect(await look(opened, createSeededRandom(lookSeed))).toEqual(before)
        }
      }
      await opened.close()
    })
  }
})
