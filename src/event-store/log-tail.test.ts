import { expect, test } from 'bun:test'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { logStart } from '#kernel/position.ts'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import type { EventStore, Feed, RecordedEvent } from './event-store.ts'
import { startLogTail } from './log-tail.ts'

const everything = { on: 'stream', regex: '^(?!changes-)' } as const
const types = ['tutorial.A', 'tutorial.B', 'bench.C']

async function append(store: EventStore, type: string, stream = `tutorial.Thing-${newUuid()}`): Promise<void> {
  await store.append(stream, [{ id: newUuid(), type, data: {}, metadata: {} }], 'any')
}

/** A feed that notes what it is given, and resolves `until` when it has so many. */
function collect(follow: EventStore['follow'], type: string, handle: () => Promise<void> = async () => undefined) {
  const events: RecordedEvent[] = []
  let wanted = { count: Number.POSITIVE_INFINITY, reached: createDeferred<void>() }
  const feed = follow({
    after: logStart,
    filter: { on: 'type', prefixes: [type] },
    batchCountMax: 3,
    onBatch: async (batch) => {
      await handle()
      events.push(...batch)
      if (events.length >= wanted.count) wanted.reached.resolve()
    },
  })
  const until = (count: number): Promise<void> => {
    wanted = { count, reached: createDeferred<void>() }
    if (events.length >= count) wanted.reached.resolve()
    return wanted.reached.promise
  }
  return { feed, events, until }
}

const expected = (store: { log: readonly RecordedEvent[] }, type: string): string[] =>
  store.log
    .filter((event) => event.type.startsWith(type) && !event.stream.startsWith('changes-'))
    .map((event) => event.id)

test('every feed on a shared tail hears its events once and in order, whatever is appended while it joins', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = createSeededRandom(seed)
    const store = createMemoryEventStore()
    for (let count = Math.floor(random() * 30); count > 0; count--) await append(store, pickOne(random, types))
    // A small bound makes slow feeds leave the tail and come back.
    const tail = startLogTail({ store, filter: everything, log: silentLog, waitingCountMax: 4 })
    const slow = (): Promise<void> =>
      random() < 0.3 ? new Promise((resolve) => queueMicrotask(() => queueMicrotask(resolve))) : Promise.resolve()
    const feeds = types.map((type) => ({ type, ...collect(tail.follow, type, slow) }))
    for (let count = Math.floor(random() * 60); count > 0; count--) await append(store, pickOne(random, types))
    await Promise.all(feeds.map(({ type, until }) => until(expected(store, type).length)))
    for (const { type, events } of feeds)
      expect({ seed, ids: events.map((event) => event.id) }).toEqual({ seed, ids: expected(store, type) })
    await Promise.all(feeds.map(({ feed }) => feed.stop()))
    await tail.stop()
  }
})

test('a handler that fails ends its own feed, and the others go on', async () => {
  const store = createMemoryEventStore()
  const tail = startLogTail({ store, filter: everything, log: silentLog })
  const broken = collect(tail.follow, 'tutorial.A', () => Promise.reject(new Error('no')))
  const fine = collect(tail.follow, 'tutorial.A')
  await append(store, 'tutorial.A')
  await expect(broken.feed.finished).rejects.toThrow('no')
  await append(store, 'tutorial.A')
  await fine.until(2)
  await stopAll([broken.feed, fine.feed])
  await tail.stop()
})

test('a feed that falls behind leaves the tail, reads for itself, and hears everything all the same', async () => {
  const store = createMemoryEventStore()
  const tail = startLogTail({ store, filter: everything, log: silentLog, waitingCountMax: 2 })
  const isBlocked = { gate: Promise.resolve() }
  const wentLive: boolean[] = []
  const events: string[] = []
  const done = createDeferred<void>()
  const feed = tail.follow({
    after: logStart,
    filter: { on: 'type', prefixes: ['tutorial.A'] },
    onLive: (isLive) => void wentLive.push(isLive),
    onBatch: async (batch) => {
      await isBlocked.gate
      events.push(...batch.map((event) => event.id))
      if (events.length >= 12) done.resolve()
    },
  })
  await append(store, 'tutorial.A')
  while (events.length === 0 || !wentLive.includes(true)) await new Promise((resolve) => setImmediate(resolve))
  const gate = createDeferred<void>()
  isBlocked.gate = gate.promise
  for (let count = 0; count < 10; count++) await append(store, 'tutorial.A')
  gate.resolve()
  await append(store, 'tutorial.A')
  await done.promise
  expect(events).toEqual(expected(store, 'tutorial.A'))
  expect(wentLive).toContain(false)
  await feed.stop()
  await tail.stop()
})

test('stop resolves after the last handler has returned', async () => {
  const store = createMemoryEventStore()
  const tail = startLogTail({ store, filter: everything, log: silentLog })
  const entered = createDeferred<void>()
  const release = createDeferred<void>()
  const slow = collect(tail.follow, 'tutorial.A', () => {
    entered.resolve()
    return release.promise
  })
  await append(store, 'tutorial.A')
  await entered.promise
  let isStopped = false
  const stopping = slow.feed.stop().then(() => {
    isStopped = true
  })
  expect(isStopped).toBe(false)
  release.resolve()
  await stopping
  expect(slow.events.length).toBe(1)
  await tail.stop()
})

async function stopAll(feeds: readonly Feed[]): Promise<void> {
  await Promise.all(feeds.map((feed) => feed.stop()))
}
