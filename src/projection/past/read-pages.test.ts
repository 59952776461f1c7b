import { expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { logStart } from '#kernel/position.ts'
import { added, recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { readPages } from './read-pages.ts'

const filter = { on: 'type', prefixes: ['test.'] } as const

test('a stretch of the log comes in order, from behind its beginning up to and with its end, and no further', async () => {
  const store = createMemoryEventStore()
  await recordEvents(
    store,
    'a',
    Array.from({ length: 25 }, (_, index) => added('a', index)),
  )
  const beyonds: string[] = []
  const watched = {
    readLog: (page: Parameters<typeof store.readLog>[0]) => {
      beyonds.push(String(page.beyond))
      return store.readLog(page)
    },
  }
  const at = (index: number) => must(store.log[index], 'recorded').position
  for (const [from, to] of [
    [-1, 24],
    [3, 17],
    [4, 4],
    [23, 24],
  ] as const) {
    beyonds.length = 0
    const after = from < 0 ? logStart : at(from)
    const found: number[] = []
    for await (const page of readPages({ store: watched, filter, after, until: at(to), countMax: 5 }))
      found.push(...page.map(({ revision }) => revision))
    expect(found).toEqual(Array.from({ length: to - from }, (_, index) => from + 1 + index))
    expect(beyonds.every((beyond) => beyond < at(to) || beyonds.length === 1)).toBe(true)
  }
})

test('somebody who stops in the middle is not troubled by the page that was on its way', async () => {
  const store = createMemoryEventStore()
  await recordEvents(store, 'a', [added('a', 1), added('a', 2), added('a', 3)])
  let readCount = 0
  const failing = {
    readLog: async (page: Parameters<typeof store.readLog>[0]) => {
      if (readCount++ > 0) throw new Error('the store went away')
      return store.readLog(page)
    },
  }
  const until = must(store.log[2], 'recorded').position
  for await (const page of readPages({ store: failing, filter, after: logStart, until, countMax: 1 })) {
    expect(page).toHaveLength(1)
    break
  }
})
