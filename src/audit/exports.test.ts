import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { EventSearch, PageAsked } from './event-search.ts'
import { createExports } from './exports.ts'
import { toFoundEvent } from './found-event.ts'

const event = (index: number, data = '{}') =>
  toFoundEvent({ position: String(index).padStart(20, '0'), event_id: `e${index}`, kind: 'fact', data })

/** So many events, made when they are asked for. */
function searchOf(count: () => number, onFind: (page: PageAsked) => void = () => undefined): EventSearch {
  return {
    find: async (_, page) => {
      onFind(page)
      if (page.order === 'newest') return { events: [event(count())], next: null, isUnfinished: false }
      const from = Number(page.beyond ?? 0) + 1
      const to = Math.min(from + page.countMax - 1, Number(page.upTo))
      const events = Array.from({ length: Math.max(0, to - from + 1) }, (__, index) => event(from + index))
      const next = to < Number(page.upTo) ? (events.at(-1)?.position ?? null) : null
      return { events, next, isUnfinished: false }
    },
    count: async () => ({ count: count(), isMore: false }),
    countAll: async () => count(),
    get: async () => undefined,
    neighbours: async () => ({ previous: null, next: null }),
  }
}

test('holds what was there when it began, oldest first, each once, however much comes meanwhile', async () => {
  let count = 2_345
  const exported = await createExports(createFakeClock()).begin({
    search: searchOf(() => count++),
    query: {},
    format: 'ndjson',
  })
  const text = await new Response(exported.open()).text()
  const ids = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).id)
  expect(ids).toEqual(Array.from({ length: 2_345 }, (_, index) => `e${index + 1}`))
  expect(exported.status()).toMatchObject({ state: 'done', rowCount: 2_345, byteCount: text.length })
})

test('reads no further than its reader has room for', async () => {
  let findCount = 0
  const search = searchOf(
    () => 1_000_000,
    () => findCount++,
  )
  const exported = await createExports(createFakeClock()).begin({ search, query: {}, format: 'csv' })
  const reader = exported.open().getReader()
  await reader.read()
  await reader.read()
  const before = findCount
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  expect(findCount - before).toBeLessThanOrEqual(1)
  await reader.cancel()
  expect(exported.status()).toMatchObject({ state: 'cancelled' })
})

test('one that is cancelled ends with an error: a part is not taken for the whole', async () => {
  const exported = await createExports(createFakeClock()).begin({
    search: searchOf(() => 1_000_000),
    query: {},
    format: 'ndjson',
  })
  const reader = exported.open().getReader()
  await reader.read()
  exported.cancel()
  const rest = async (): Promise<void> => {
    while (!(await reader.read()).done);
  }
  await expect(rest()).rejects.toThrow('not the whole')
  expect(exported.status()).toMatchObject({ state: 'cancelled' })
})

test('a search that fails on the way says so', async () => {
  let findCount = 0
  const search = searchOf(
    () => 1_000_000,
    () => {
      if (++findCount > 3) throw new PlatformError('unavailable', 'The database cannot be reached just now.')
    },
  )
  const exported = await createExports(createFakeClock()).begin({ search, query: {}, format: 'ndjson' })
  await expect(new Response(exported.open()).text()).rejects.toThrow()
  expect(exported.status()).toMatchObject({ state: 'failed', words: expect.stringContaining('database') })
})

test('only a few are under way at once; one that nobody opens makes room', async () => {
  const clock = createFakeClock()
  const exports = createExports(clock)
  const begin = () => exports.begin({ search: searchOf(() => 5), query: {}, format: 'csv' })
  for (let count = 0; count < 4; count++) await begin()
  await expect(begin()).rejects.toMatchObject({ kind: 'unavailable' })
  clock.advance(60_001)
  const made = await begin()
  expect(exports.find(made.status().id)).toBe(made)
  made.open()
  expect(() => made.open()).toThrow('opened already')
})

test('an empty log makes an empty file', async () => {
  const search = { ...searchOf(() => 0), find: async () => ({ events: [], next: null, isUnfinished: false }) }
  const exported = await createExports(createFakeClock()).begin({ search, query: {}, format: 'ndjson' })
  expect(await new Response(exported.open()).text()).toBe('')
  expect(exported.status()).toMatchObject({ state: 'done', rowCount: 0 })
})
