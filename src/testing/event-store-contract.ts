import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { EventStore, Feed, NewEvent, RecordedEvent } from '#event-store/event-store.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import { isPlatformError } from '#kernel/platform-error.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'

/**
 * What every event store must do. The log may hold anything before and during the suite: every stream and event type
 * is new, so it can run against a server that others use.
 */
export function describeEventStore(name: string, open: () => Promise<EventStore>): void {
  describe(name, () => {
    let store: EventStore
    beforeAll(async () => {
      store = await open()
    })
    afterAll(() => store.close())

    describe('append', () => {
      test('gives revisions without gaps and growing positions', async () => {
        const stream = newStream()
        const first = await store.append(stream, [newEvent(), newEvent()], 'no-stream')
        const second = await store.append(stream, [newEvent()], first.revision)
        expect([first.revision, second.revision]).toEqual([1, 2])
        expect(comparePositions(first.position, second.position)).toBeLessThan(0)
        expect(comparePositions(await store.head(), second.position)).toBeGreaterThanOrEqual(0)
      })

      test('refuses a wrong expected revision, saying what was found', async () => {
        const stream = newStream()
        await store.append(stream, [newEvent(), newEvent()], 'no-stream')
        const found = { stream, found: 1 }
        expect(await failureOf(store.append(stream, [newEvent()], 0))).toMatchObject({
          kind: 'revision-conflict',
          facts: { ...found, expected: 0 },
        })
        expect(await failureOf(store.append(stream, [newEvent()], 'no-stream'))).toMatchObject({
          kind: 'revision-conflict',
          facts: found,
        })
        expect(await failureOf(store.append(newStream(), [newEvent()], 'stream-exists'))).toMatchObject({
          kind: 'revision-conflict',
        })
        expect(await failureOf(store.append(newStream(), [newEvent()], 3))).toMatchObject({ kind: 'revision-conflict' })
        expect(await store.readStream(stream)).toHaveLength(2)
      })

      test('E2 the same append sent again has the same answer and appends nothing', async () => {
        const stream = newStream()
        const events = [newEvent(), newEvent()]
        const first = await store.append(stream, events, 'no-stream')
        await store.append(stream, [newEvent()], first.revision)
        expect((await store.append(stream, events, 'no-stream')).revision).toBe(first.revision)
        expect(await store.readStream(stream)).toHaveLength(3)
      })

      test('is all or nothing: too much at once is refused as a whole', async () => {
        const stream = newStream()
        const big = { ...newEvent(), data: { text: 'x'.repeat(2_000_000) } }
        expect(await failureOf(store.append(stream, [newEvent(), big], 'no-stream'))).toMatchObject({
          kind: 'too-large',
        })
        expect(await store.readStream(stream)).toEqual([])
      })

      test('many at once to one stream lose nothing and double nothing', async () => {
        const stream = newStream()
        const ids = await Promise.all(
          Array.from({ length: 50 }, async () => {
            const event = newEvent()
            await store.append(stream, [event], 'any')
            return event.id
          }),
        )
        const read = await store.readStream(stream)
        expect(read.map(({ id }) => id).sort()).toEqual(ids.sort())
        expect(read.map(({ revision }) => revision)).toEqual(ids.map((_, index) => index))
      })
    })

    describe('read', () => {
      test('gives an event back as it was written', async () => {
        const stream = newStream()
        const event = { ...newEvent(), data: { text: 'ü\u2028"', list: [1, null] }, metadata: { user: 'u' } }
        const { position } = await store.append(stream, [event], 'no-stream')
        const [read] = await store.readStream(stream)
        expect(read).toMatchObject({ ...event, stream, revision: 0, position })
        expect(Math.abs((read?.storedAt ?? 0) - Date.now())).toBeLessThan(60 * 60_000)
      })

      test('pages a stream in both directions', async () => {
        const stream = newStream()
        await store.append(stream, Array.from({ length: 5 }, newEvent), 'no-stream')
        const revisions = async (options: Parameters<EventStore['readStream']>[1]) =>
          (await store.readStream(stream, options)).map(({ revision }) => revision)
        expect(await revisions({})).toEqual([0, 1, 2, 3, 4])
        expect(await revisions({ from: 3 })).toEqual([3, 4])
        expect(await revisions({ from: 1, countMax: 2 })).toEqual([1, 2])
        expect(await revisions({ direction: 'backwards', countMax: 2 })).toEqual([4, 3])
        expect(await revisions({ from: 1, direction: 'backwards' })).toEqual([1, 0])
        expect(await revisions({ from: 9 })).toEqual([])
      })

      test('finds nothing in a stream that does not exist', async () => {
        expect(await store.readStream(newStream())).toEqual([])
        expect(await store.readStream(newStream(), { direction: 'backwards' })).toEqual([])
      })

      test('pages the log in both directions without the event at the border', async () => {
        const type = newType()
        const filter = { on: 'type', prefixes: [type] } as const
        const stream = newStream()
        const events = Array.from({ length: 7 }, () => newEvent(type))
        for (const [index, event] of events.entries()) {
          await store.append(stream, [event], index === 0 ? 'no-stream' : index - 1)
          await store.append(newStream(), [newEvent()], 'no-stream')
        }
        const forwards = await readAllPages((beyond) =>
          store.readLog({ beyond: beyond ?? 'start', direction: 'forwards', countMax: 3, filter }),
        )
        const backwards = await readAllPages((beyond) =>
          store.readLog({ beyond: beyond ?? 'end', direction: 'backwards', countMax: 3, filter }),
        )
        expect(forwards.map(({ id }) => id)).toEqual(events.map(({ id }) => id))
        expect(backwards.map(({ id }) => id)).toEqual(events.map(({ id }) => id).reverse())
        expect(await store.readLog({ beyond: 'end', direction: 'forwards', countMax: 3 })).toEqual([])
        expect(await store.readLog({ beyond: 'start', direction: 'backwards', countMax: 3 })).toEqual([])
        const matching = { on: 'stream', regex: `^${stream.replaceAll('.', '\\.')}$` } as const
        expect(
          await store.readLog({ beyond: 'start', direction: 'forwards', countMax: 9, filter: matching }),
        ).toHaveLength(7)
      })

      test('leaves the store’s own events out of the log', async () => {
        const stream = newStream()
        const before = await store.head()
        await store.append(stream, [newEvent()], 'no-stream')
        await store.keep(stream, { maxCount: 10 })
        const filter = { on: 'stream', regex: stream.replaceAll('.', '\\.') } as const
        for (const asked of [{}, { filter }]) {
          const page = await store.readLog({ beyond: before, direction: 'forwards', countMax: 1_000, ...asked })
          expect(page.filter(({ type }) => type.startsWith('$'))).toEqual([])
          expect(page.some((event) => event.stream === stream)).toBe(true)
        }
      })

      test('keeps as much of a stream as was asked', async () => {
        const stream = newStream()
        await store.append(stream, Array.from({ length: 5 }, newEvent), 'no-stream')
        await store.keep(stream, { maxCount: 2 })
        expect((await store.readStream(stream)).map(({ revision }) => revision)).toEqual([3, 4])
      })
    })

    describe('follow', () => {
      test('W2 history and what comes after it arrive once, in order, across the seam', async () => {
        const type = newType()
        const stream = newStream()
        await store.append(stream, Array.from({ length: 250 }, newEventOf(type)), 'no-stream')
        const follower = follow(store, { type, after: logStart, batchCountMax: 100 })
        for (let revision = 249; revision < 349; revision++) {
          await store.append(stream, [newEvent(type)], revision)
        }
        await follower.until(350)
        await follower.feed.stop()
        expect(follower.events.map(({ revision }) => revision)).toEqual(Array.from({ length: 350 }, (_, i) => i))
        expect(Math.max(...follower.batches.map(({ count }) => count))).toBeLessThanOrEqual(100)
      })

      test('from a position it starts behind it, from the end with what is new', async () => {
        const type = newType()
        const stream = newStream()
        const { position } = await store.append(stream, [newEvent(type)], 'no-stream')
        const behind = follow(store, { type, after: position })
        const fromEnd = follow(store, { type, after: 'end' })
        await Promise.all([behind.live, fromEnd.live])
        await store.append(stream, [newEvent(type), newEvent(type)], 0)
        await Promise.all([behind.until(2), fromEnd.until(2)])
        await Promise.all([behind.feed.stop(), fromEnd.feed.stop()])
        for (const { events } of [behind, fromEnd]) expect(events.map(({ revision }) => revision)).toEqual([1, 2])
      })

      test('says how far it looked, never behind the events it gives and never backwards', async () => {
        const type = newType()
        const follower = follow(store, { type, after: await store.head() })
        await follower.live
        for (let count = 0; count < 20; count++) await store.append(newStream(), [newEvent(type)], 'no-stream')
        await follower.until(20)
        await follower.feed.stop()
        const reached = follower.batches.map(({ upTo }) => upTo)
        expect(reached).toEqual([...reached].sort(comparePositions))
        expect(comparePositions(lastOf(reached), lastOf(follower.events).position)).toBeGreaterThanOrEqual(0)
      })

      test('W4 a slow handler gets everything, and the next batch waits for it', async () => {
        const type = newType()
        const stream = newStream()
        let underWay = 0
        const follower = follow(store, { type, after: await store.head(), batchCountMax: 25 }, async () => {
          expect(++underWay).toBe(1)
          await new Promise((resolve) => setImmediate(resolve))
          underWay--
        })
        await follower.live
        await store.append(stream, Array.from({ length: 500 }, newEventOf(type)), 'no-stream')
        await follower.until(500)
        await follower.feed.stop()
        expect(follower.events.map(({ revision }) => revision)).toEqual(Array.from({ length: 500 }, (_, i) => i))
      })

      test('stop waits for the last handler, and nothing is handed over after it', async () => {
        const type = newType()
        const entered = createDeferred<void>()
        const release = createDeferred<void>()
        const follower = follow(store, { type, after: await store.head() }, async () => {
          entered.resolve()
          await release.promise
        })
        await follower.live
        await store.append(newStream(), [newEvent(type)], 'no-stream')
        await entered.promise
        let isStopped = false
        const stopped = follower.feed.stop().then(() => {
          isStopped = true
        })
        await store.append(newStream(), [newEvent(type)], 'no-stream')
        expect(isStopped).toBe(false)
        release.resolve()
        await stopped
        await follower.feed.finished
        expect(follower.feed.state()).toBe('stopped')
        expect(follower.events).toHaveLength(1)
      })

      test('a handler that fails stops its feed and is heard', async () => {
        const type = newType()
        const failure = new Error('the handler’s own')
        const follower = follow(store, { type, after: logStart }, () => Promise.reject(failure))
        await store.append(newStream(), [newEvent(type)], 'no-stream')
        expect(await failureOf(follower.feed.finished)).toBe(failure)
        expect(follower.feed.state()).toBe('stopped')
        await follower.feed.stop()
      })

      test('without a filter it brings everything but the store’s own events', async () => {
        const stream = newStream()
        const head = await store.head()
        const seen: RecordedEvent[] = []
        const arrived = createDeferred<void>()
        const feed = store.follow({
          after: head,
          onBatch: async (events) => {
            seen.push(...events)
            if (seen.some((event) => event.stream === stream && event.revision === 1)) arrived.resolve()
          },
        })
        await store.append(stream, [newEvent()], 'no-stream')
        await store.keep(stream, { maxCount: 3 })
        await store.append(stream, [newEvent()], 0)
        await arrived.promise
        await feed.stop()
        expect(seen.filter(({ type }) => type.startsWith('$'))).toEqual([])
        expect(seen.filter((event) => event.stream === stream)).toHaveLength(2)
      })
    })

    test('health says ready, and closing ends feeds', async () => {
      const other = await open()
      expect(other.health().state).toBe('ready')
      const feed = other.follow({ after: 'end', onBatch: async () => undefined })
      await other.close()
      await feed.finished
      expect(
        isPlatformError(await failureOf(other.append(newStream(), [newEvent()], 'no-stream')), 'unavailable'),
      ).toBe(true)
    })
  })
}

export type Follower = {
  readonly feed: Feed
  readonly events: RecordedEvent[]
  readonly batches: { readonly count: number; readonly upTo: Position }[]
  /** Resolves the first time the feed has reached the end of the log. */
  readonly live: Promise<void>
  /** Resolves when so many events have been handled. */
  until(count: number): Promise<void>
}

/** Follows one event type and keeps what arrives. */
export function follow(
  store: EventStore,
  options: { type: string; after: Position | 'end'; batchCountMax?: number },
  handle: () => Promise<void> = async () => undefined,
): Follower {
  const { type, ...followOptions } = options
  const events: RecordedEvent[] = []
  const batches: { count: number; upTo: Position }[] = []
  const live = createDeferred<void>()
  let wanted: { count: number; reached: ReturnType<typeof createDeferred<void>> } | undefined
  const feed = store.follow({
    ...followOptions,
    filter: { on: 'type', prefixes: [type] },
    onBatch: async (batch, upTo) => {
      await handle()
      events.push(...batch)
      batches.push({ count: batch.length, upTo })
      if (wanted && events.length >= wanted.count) wanted.reached.resolve()
    },
    onLive: (isLive) => {
      if (isLive) live.resolve()
    },
  })
  return {
    feed,
    events,
    batches,
    live: live.promise,
    until: async (count) => {
      if (events.length >= count) return
      const reached = createDeferred<void>()
      wanted = { count, reached }
      await Promise.race([reached.promise, feed.finished.then(() => Promise.reject(new Error('The feed was stopped')))])
    },
  }
}

export function newStream(): string {
  return `contract.Thing-${newUuid()}`
}

export function newType(): string {
  return `contract.Thing${newUuid().replaceAll('-', '')}`
}

export function newEvent(type?: unknown): NewEvent {
  return { id: newUuid(), type: typeof type === 'string' ? type : 'contract.Happened', data: { a: 1 }, metadata: {} }
}

function newEventOf(type: string): () => NewEvent {
  return () => newEvent(type)
}

async function readAllPages(
  read: (beyond: Position | undefined) => Promise<readonly RecordedEvent[]>,
): Promise<RecordedEvent[]> {
  const all: RecordedEvent[] = []
  for (;;) {
    const page = await read(all.at(-1)?.position)
    if (page.length === 0) return all
    all.push(...page)
  }
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('It succeeded, and should have been refused')
}

function lastOf<T>(values: readonly T[]): T {
  const last = values.at(-1)
  if (last === undefined) throw new Error('There is no last one')
  return last
}
