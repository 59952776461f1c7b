import { expect, test } from 'bun:test'
import type { EventStore } from '#event-store/event-store.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { logStart, type Position } from '#kernel/position.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import { createHistoryReader } from './history-reader.ts'

const filter = { on: 'type', prefixes: ['t.'] } as const

async function record(store: MemoryEventStore, ...types: readonly string[]): Promise<readonly Position[]> {
  for (const type of types)
    await store.append('p.Thing-1', [{ id: crypto.randomUUID(), type, data: {}, metadata: {} }], 'any')
  return store.log.map(({ position }) => position)
}

async function readAll(store: Pick<EventStore, 'readLog' | 'head' | 'follow'>, pageCountMax: number) {
  const reader = createHistoryReader({ store, filter, after: logStart, pageCountMax })
  const types: string[] = []
  let upTo: Position = logStart
  for (let isLast = false; !isLast; ) {
    const page = await reader.next()
    types.push(...page.events.map(({ type }) => type))
    upTo = page.upTo
    isLast = page.isLast
  }
  await reader.close()
  return { types, upTo }
}

test('every matching event comes once, in order, whatever the pages', async () => {
  const store = createMemoryEventStore()
  const positions = await record(store, 't.a', 'x', 't.b', 't.c', 'x', 't.d', 'x')
  for (const pageCountMax of [1, 2, 3, 4, 100])
    expect(await readAll(store, pageCountMax)).toEqual({
      types: ['t.a', 't.b', 't.c', 't.d'],
      upTo: positions.at(-1) ?? logStart,
    })
})

test('a log without a match has been looked through to its head', async () => {
  const store = createMemoryEventStore()
  const positions = await record(store, 'x', 'x')
  expect(await readAll(store, 10)).toEqual({ types: [], upTo: positions.at(-1) ?? logStart })
})

test('what is left up to a position is that, and nothing behind it', async () => {
  const store = createMemoryEventStore()
  const positions = await record(store, 't.a', 't.b', 't.c')
  const reader = createHistoryReader({ store, filter, after: logStart, pageCountMax: 1 })
  await reader.next()
  const rest = await reader.rest(positions[1] ?? logStart)
  expect(rest.map(({ type }) => type)).toEqual(['t.b'])
  expect((await reader.next()).events.map(({ type }) => type)).toEqual(['t.c'])
})

test('a stretch in which a page takes too long is read through a feed', async () => {
  const store = createMemoryEventStore()
  const positions = await record(store, 't.a', 'x', 't.b', 'x', 't.c')
  let lateReads = 2
  const slow: typeof store = {
    ...store,
    readLog: async (page) => {
      if (lateReads-- > 0) throw new PlatformError('timeout', 'Reading the log took longer than 30000 ms.')
      return store.readLog(page)
    },
  }
  expect(await readAll(slow, 2)).toEqual({ types: ['t.a', 't.b', 't.c'], upTo: positions.at(-1) ?? logStart })
})
