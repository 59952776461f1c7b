import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createSeededRandom } from '#kernel/random.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import type { StorageWriter } from '../storage/storage.ts'
import { EventLog, type EventLogOptions } from './event-log.ts'
import { type ProposedEvent, readEventData, readEventHeader } from './event-record.ts'
import type { ExpectedRevision } from './expected-revision.ts'
import { readAll, readStream } from './read.ts'
import type { LivePlace, SubscriptionSink } from './read-sink.ts'
import { subscribeToAll } from './subscription-to-all.ts'
import { subscribeToStream } from './subscription-to-stream.ts'

function event(data: string, type = 'Counted'): ProposedEvent {
  return { id: newUuid(), type, contentType: 'application/json', data: Buffer.from(data), metadata: Buffer.alloc(0) }
}

function openLog(options: Partial<EventLogOptions> = {}, storage = new SqliteStorage({ file: ':memory:' })) {
  const log = new EventLog({ storage, log: silentLog, ...options })
  const append = (streamName: string, events: ProposedEvent[], expected: ExpectedRevision = 'any') =>
    log.request({ kind: 'append', streamName, expected, events })
  return { log, storage, append }
}

/** A client that takes `roomFor` messages, then nothing until it is given more room. */
class FakeSink implements SubscriptionSink {
  readonly values: string[] = []
  readonly marks: (LivePlace & { kind: string })[] = []
  isClosed = false
  private roomFor: number
  private listener: (() => void) | undefined
  private readonly waiting: (() => void)[] = []

  constructor(roomFor = Number.POSITIVE_INFINITY) {
    this.roomFor = roomFor
  }

  get isFull(): boolean {
    return this.roomFor <= 0
  }

  onChange(listener: () => void): void {
    this.listener = listener
    this.tell()
  }

  /** Somebody waits for room, or for the end. */
  get isListenedTo(): boolean {
    return this.listener !== undefined
  }

  sendEvent(record: Buffer): void {
    this.roomFor--
    this.values.push(readEventData(record, readEventHeader(record)).toString())
    this.tell()
  }

  sendConfirmation(): void {}

  sendCheckpoint(position: number): void {
    this.mark('checkpoint', { position })
  }

  sendCaughtUp(place: LivePlace): void {
    this.mark('caughtUp', place)
  }

  sendFellBehind(place: LivePlace): void {
    this.mark('fellBehind', place)
  }

  giveRoom(count: number): void {
    this.roomFor = count
    this.listener?.()
  }

  close(): void {
    this.isClosed = true
    this.listener?.()
  }

  async until(claim: () => boolean): Promise<void> {
    while (!claim()) await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  private mark(kind: string, place: LivePlace): void {
    this.marks.push({ kind, ...place })
    this.tell()
  }

  private tell(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => String(from + index))

describe('appends of one turn', () => {
  test('share one commit, and each sees what the ones before it left', async () => {
    const { log, append } = openLog()
    const outcomes = await Promise.all([
      append('a', [event('1')], 'no-stream'),
      append('a', [event('2')], 0),
      append('a', [event('3')], 'no-stream'),
      append('b', [event('4'), event('5')], 'no-stream'),
      append('a', [event('6')], 1),
    ])
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['written', 'written', 'conflict', 'written', 'written'])
    expect(log.stats()).toMatchObject({ commits: 1, appendedEvents: 5 })
    expect(log.findStream('a')?.revision).toBe(2)
  })

  test('recognise a retry inside the same group', async () => {
    const { append } = openLog()
    const same = event('1')
    const [first, second] = await Promise.all([append('a', [same], 'no-stream'), append('a', [same], 'no-stream')])
    expect(first?.kind).toBe('written')
    expect(second).toEqual(first)
  })

  test('are all refused, and leave nothing, when the disk is full', async () => {
    class FullDisk extends SqliteStorage {
      isFull = false
      override commit(work: (writer: StorageWriter) => void): void {
        super.commit((writer) => {
          work(writer)
          if (this.isFull) throw new PlatformError('disk-full', 'The disk is full.')
        })
      }
    }
    const storage = new FullDisk({ file: ':memory:' })
    const { log, append } = openLog({}, storage)
    const before = await append('a', [event('1')], 'no-stream')
    storage.isFull = true
    const refused = await Promise.all([append('a', [event('2')], 0), append('b', [event('3')])])
    expect(refused).toMatchObject([
      { kind: 'failed', error: { kind: 'disk-full' } },
      { kind: 'failed', error: { kind: 'disk-full' } },
    ])
    storage.isFull = false
    const after = await append('a', [event('4')], 0)
    expect(after).toMatchObject({ kind: 'written', revision: 1 })
    expect(log.findStream('b')).toBeUndefined()
    expect(
      after.kind === 'written' && before.kind === 'written' && (after.position ?? 0) > (before.position ?? 0),
    ).toBe(true)
  })

  test('fail alone when something of them cannot be read', async () => {
    const storage = new SqliteStorage({ file: ':memory:' })
    const { log, append } = openLog({}, storage)
    await append('$$bad', [event('{}', '$metadata')])
    const readStreamAsStored = storage.readStream.bind(storage)
    storage.readStream = (range) => {
      if (range.streamId === log.findStream('$$bad')?.id) throw new PlatformError('store-damaged', 'It is damaged.')
      return readStreamAsStored(range)
    }
    const outcomes = await Promise.all([
      append('a', [event('1')], 'no-stream'),
      log.request({ kind: 'delete', streamName: 'bad', expected: 'any' }),
      append('a', [event('2')], 0),
    ])
    expect(outcomes).toMatchObject([
      { kind: 'written', revision: 0 },
      { kind: 'failed', error: { kind: 'store-damaged' } },
      { kind: 'written', revision: 1 },
    ])
  })

  test('are answered, and followed by others, whatever those who are told of them throw', async () => {
    const onGroup = () => {
      throw new Error('cannot count')
    }
    const { log, append } = openLog({ onGroup })
    const told: string[] = []
    log.listeners.add(() => {
      throw new Error('cannot listen')
    })
    log.listeners.add(() => told.push('all'))
    log.listeners.add(() => told.push('a'), 'a')
    expect(await append('a', [event('1')], 'no-stream')).toMatchObject({ kind: 'written', revision: 0 })
    expect(await append('a', [event('2')], 0)).toMatchObject({ kind: 'written', revision: 1 })
    expect(told).toEqual(['all', 'a', 'all', 'a'])
    expect(log.tail.eventCount).toBe(2)
  })

  test('are finished by a stop, and refused after it', async () => {
    const { log, append } = openLog()
    const waiting = append('a', [event('1')])
    log.stop()
    expect((await waiting).kind).toBe('written')
    expect(await append('a', [event('2')])).toMatchObject({ kind: 'failed', error: { kind: 'unavailable' } })
  })
})

describe('a subscription', () => {
  const seams = { eventCountMax: 16, sizeBytesMax: 1_000_000 }

  test('misses and doubles nothing however history, tail and a slow reader meet', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = createSeededRandom(seed)
      const { log, append } = openLog({ tail: seams })
      const toAll = new FakeSink(5)
      const toStream = new FakeSink(5)
      const following = [
        subscribeToAll(log, { after: 0, filter: undefined, checkpointEvery: undefined }, toAll),
        subscribeToStream(log, { streamName: 'a', after: -1 }, toStream),
      ]
      let written = 0
      while (written < 300) {
        const count = 1 + Math.floor(random() * 40)
        const more = numbers(written, written + count).map((value) => event(value))
        written += count
        await append('a', more)
        for (const sink of [toAll, toStream]) if (random() < 0.4) sink.giveRoom(Math.floor(random() * 60))
        if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve))
      }
      for (const sink of [toAll, toStream]) {
        sink.giveRoom(Number.POSITIVE_INFINITY)
        await sink.until(() => sink.values.length >= written)
        expect({ seed, values: sink.values }).toEqual({ seed, values: numbers(0, written) })
        sink.close()
      }
      await Promise.all(following)
    }
  })

  test('says that it fell behind when the tail ran out, and that it caught up again', async () => {
    const { log, append } = openLog({ tail: seams })
    const sink = new FakeSink()
    const following = subscribeToAll(log, { after: 0, filter: undefined, checkpointEvery: undefined }, sink)
    await append('a', [event('0')])
    await sink.until(() => sink.values.length === 1)
    sink.giveRoom(1)
    for (const value of numbers(1, 60)) await append('a', [event(value)])
    sink.giveRoom(Number.POSITIVE_INFINITY)
    await sink.until(() => sink.values.length === 60 && sink.marks.length === 3)
    expect(sink.marks.map((mark) => mark.kind)).toEqual(['caughtUp', 'fellBehind', 'caughtUp'])
    expect(sink.marks.at(-1)).toMatchObject({ position: log.lastPosition })
    sink.close()
    await following
  })

  test('checkpoints what it looked at, not what it sent', async () => {
    const { log, append } = openLog()
    await append(
      'a',
      numbers(0, 25).map((value) => event(value)),
    )
    const sink = new FakeSink()
    const filter = ({ type }: { type: string }) => type === 'Wanted'
    const following = subscribeToAll(log, { after: 0, filter, checkpointEvery: 10 }, sink)
    await sink.until(() => sink.marks.length === 3)
    expect(sink.marks.map((mark) => mark.kind)).toEqual(['checkpoint', 'checkpoint', 'caughtUp'])
    await append('a', [...numbers(0, 5).map((value) => event(value)), event('wanted', 'Wanted')])
    await sink.until(() => sink.values.length === 1)
    expect(sink.marks.at(-1)?.kind).toBe('checkpoint')
    sink.close()
    await following
  })

  test('does not show what a deletion hid, and goes on with what comes after it', async () => {
    const { log, append } = openLog()
    await append('a', [event('0'), event('1')])
    await log.request({ kind: 'delete', streamName: 'a', expected: 'any' })
    const sink = new FakeSink()
    const following = subscribeToStream(log, { streamName: 'a', after: -1 }, sink)
    await append('a', [event('2')], 'no-stream')
    await sink.until(() => sink.values.length === 1)
    expect(sink.values).toEqual(['2'])
    sink.close()
    await following
  })
})

describe('a read', () => {
  test('hides events older than $maxAge by the clock', async () => {
    const clock = createFakeClock(1_000_000)
    const { log, append } = openLog({ clock })
    for (const value of numbers(0, 20)) {
      await append('a', [event(value)])
      clock.advance(1_000)
    }
    await append('$$a', [event('{"$maxAge":5}', '$metadata')])
    const stream = log.findStream('a')
    const sink = new FakeSink()
    if (stream)
      await readStream(log, stream, { streamName: 'a', direction: 'forwards', from: 'start', countMax: 99 }, sink)
    expect(sink.values).toEqual(numbers(16, 20))
  })

  test('gives up a reader that takes nothing for minutes', async () => {
    const clock = createFakeClock(0)
    const { log, append } = openLog({ clock })
    await append(
      'a',
      numbers(0, 10).map((value) => event(value)),
    )
    const sink = new FakeSink(2)
    const reading = readAll(log, { direction: 'forwards', from: 'start', countMax: 99, filter: undefined }, sink)
    // A slow machine may end the page after these two: the waiting begins with the next one.
    await sink.until(() => sink.values.length === 2 && sink.isListenedTo)
    clock.advance(10 * 60_000)
    expect(await reading.catch((error: unknown) => error)).toMatchObject({ kind: 'timeout' })
  })

  test('ends where the log ended when it began', async () => {
    const { log, append } = openLog()
    await append(
      'a',
      numbers(0, 600).map((value) => event(value)),
    )
    const sink = new FakeSink(300)
    const reading = readAll(log, { direction: 'forwards', from: 'start', countMax: 9_999, filter: undefined }, sink)
    await sink.until(() => sink.values.length === 300)
    await append('a', [event('later')])
    sink.giveRoom(Number.POSITIVE_INFINITY)
    await reading
    expect(sink.values).toEqual(numbers(0, 600))
  })
})

describe('the belief that a stream exists', () => {
  test('is true of a stream that has only metadata, and is answered with the deletion of a deleted one', async () => {
    const { log, append } = openLog()
    await append('$$described', [event('{"$maxCount":3}', '$metadata')])
    expect(await append('described', [event('1')], 'stream-exists')).toMatchObject({ kind: 'written', revision: 0 })

    await append('deleted', [event('1')])
    await log.request({ kind: 'delete', streamName: 'deleted', expected: 'any' })
    expect(await append('deleted', [event('2')], 'stream-exists')).toEqual({ kind: 'tombstoned' })
    expect(await append('never-there', [event('1')], 'stream-exists')).toMatchObject({ kind: 'conflict' })
  })
})

describe('new metadata of a deleted stream', () => {
  test('undo the deletion, and hide what was deleted by a truncation of their own', async () => {
    const { log, append } = openLog()
    await append('deleted', [event('1'), event('2')])
    await log.request({ kind: 'delete', streamName: 'deleted', expected: 'any' })
    const set = await append('$$deleted', [event('{"$maxCount":9}', '$metadata')])
    expect(set).toMatchObject({ kind: 'written', revision: 1 })
    expect(log.findStream('deleted')).toMatchObject({ revision: 1, truncateBefore: 2, maxCount: 9 })
    expect(await append('deleted', [event('3')], 1)).toMatchObject({ kind: 'written', revision: 2 })
  })
})

describe('a stream whose metadata were tombstoned', () => {
  test('can be appended to and tombstoned, but not deleted, since nothing follows a tombstone', async () => {
    const { log, append } = openLog()
    await append('a', [event('1')])
    await log.request({ kind: 'tombstone', streamName: '$$a', expected: 'any' })
    expect(await log.request({ kind: 'delete', streamName: 'a', expected: 'any' })).toEqual({ kind: 'tombstoned' })
    expect(await append('a', [event('2')])).toMatchObject({ kind: 'written', revision: 1 })
    expect(await log.request({ kind: 'tombstone', streamName: 'a', expected: 1 })).toMatchObject({ kind: 'written' })
    expect(log.findStream('$$a')?.revision).toBe(-1)
  })

  test('stays deleted when it was', async () => {
    const { log, append } = openLog()
    await append('a', [event('1')])
    await log.request({ kind: 'delete', streamName: 'a', expected: 'any' })
    await log.request({ kind: 'tombstone', streamName: '$$a', expected: 'any' })
    expect(await append('a', [event('2')])).toEqual({ kind: 'tombstoned' })
    expect(log.findStream('$$a')?.revision).toBe(0)
  })
})
