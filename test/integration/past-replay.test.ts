/** Replays on a real Postgres: what they give, and that nothing of them stays. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import { upcastEvent } from '#event-store/upcast.ts'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import { logStart, type Position } from '#kernel/position.ts'
import { createPast, type Past } from '#projection/past/past.ts'
import type { PastPorts } from '#projection/past/past-ports.ts'
import type { ReplayRequest } from '#projection/past/replay.ts'
import type { KeptProjectionCode } from '#projection/projection-code.ts'
import { upsertRows } from '#storage/bulk-write.ts'
import { createReadModelSchema } from '#storage/create-tables.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { AddToCounter } from '#testing/counter.ts'
import { added, CounterRemoved, CounterSet, counterModel, counters, recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'

const projection = 'test.counters'
let fresh: MigratedDatabase
let store: MemoryEventStore
const open: Past[] = []

beforeAll(async () => {
  fresh = await migratedDatabase(4)
}, 120_000)
afterAll(async () => {
  await fresh?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  store = createMemoryEventStore()
  const { schemaName, tables } = counterModel
  await fresh.sql.unsafe(`drop schema if exists "${schemaName}" cascade`)
  await createReadModelSchema(fresh.sql, { schema: schemaName, tables: Object.values(tables) })
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((past) => past.stop()))
  expect(await scratches()).toEqual([])
})

function openPast(change: Partial<PastPorts> = {}): Past {
  const past = createPast({
    sql: fresh.sql,
    store,
    definitions: [counters],
    clock: systemClock,
    log: silentLog,
    ...change,
  })
  open.push(past)
  return past
}

async function scratches(): Promise<readonly string[]> {
  const rows = await fresh.sql`select nspname from pg_namespace where starts_with(nspname, 'peek_scratch_')`
  return rows.map(({ nspname }) => String(nspname))
}

const head = (): Position => store.log.at(-1)?.position ?? logStart
const whole = (): ReplayRequest => ({ projection, version: null, from: logStart, to: head(), stream: '', type: '' })

async function replay({ replays }: Past, request: Partial<ReplayRequest> = {}) {
  const { id } = await replays.start({ ...whole(), ...request })
  await eventually('the replay is over', () => replays.get(id).phase !== 'running')
  return replays.get(id)
}

const rowsOf = async ({ replays }: Past, id: string, withLive = false) =>
  (await replays.rows(id, { table: 'counters', offset: 0, countMax: 10, withLive })).rows

test('the whole history gives the rows a projection has, and a slice of it those of the slice', async () => {
  await recordEvents(store, 'a', [added('a', 1, 'x'), added('a', 2, 'y')])
  await recordEvents(store, 'b', [added('b', 5, 'z')])
  const past = openPast()
  const all = await replay(past)
  expect(all).toMatchObject({ phase: 'done', eventCount: 3, parkedCount: 0, share: 1, isComparable: true })
  expect((await rowsOf(past, all.id)).map(({ row }) => row)).toEqual([
    { id: 'a', sum: 3, note: 'y' },
    { id: 'b', sum: 5, note: 'z' },
  ])
  const middle = await replay(past, { from: must(store.log[0], 'recorded').position, stream: 'test.Counter-a' })
  expect((await rowsOf(past, middle.id)).map(({ row }) => row)).toEqual([{ id: 'a', sum: 2, note: 'y' }])
  const others = await replay(past, { type: 'other.' })
  expect(others).toMatchObject({ phase: 'done', eventCount: 0 })
})

test('what a slice cannot take is named: it changes rows that are not there', async () => {
  await recordEvents(store, 'a', [added('a', 1), { type: CounterSet.name, data: { sum: 9 } }])
  await recordEvents(store, 'a', [{ type: CounterRemoved.name, data: { why: 'x' } }])
  const past = openPast()
  const found = await replay(past, { from: must(store.log[0], 'recorded').position })
  expect(found).toMatchObject({ phase: 'done', parkedCount: 2 })
  expect(found.failures).toMatchObject([{ type: CounterSet.name, words: 'counters has no row "a"' }])
})

test('rows are compared with the live ones', async () => {
  await recordEvents(store, 'a', [added('a', 1, 'x')])
  await recordEvents(store, 'b', [added('b', 2, 'x')])
  await recordEvents(store, 'c', [added('c', 3, 'x')])
  const live = [
    { id: 'a', sum: 1, note: 'x' },
    { id: 'b', sum: 7, note: 'x' },
    { id: 'd', sum: 4, note: 'x' },
  ]
  await upsertRows(fresh.sql, counterModel.tables.counters, live)
  const past = openPast()
  const { id } = await replay(past)
  expect((await rowsOf(past, id, true)).map(({ live: row, fields }) => [row ?? null, fields])).toEqual([
    [must(live[0], 'it is'), []],
    [must(live[1], 'it is'), ['sum']],
    [null, []],
  ])
  expect(await past.replays.compare(id)).toMatchObject([
    { table: 'counters', equal: 1, different: 1, onlyHere: 1, onlyLive: 1 },
    { table: 'changes', equal: 0, onlyHere: 3 },
  ])
})

test('an earlier version runs by its kept code; one that was not kept is refused by name', async () => {
  await recordEvents(store, 'a', [added('a', 1, 'x')])
  const kept: KeptProjectionCode = {
    find: async (_, version) =>
      version === 1
        ? { definition: counters, upcast: (event) => upcastEvent({ ...event, type: event.type }) }
        : undefined,
    versions: async () => [{ version: 1, keptAt: 0 }],
  }
  const today = { ...counters, version: 3, on: counters.on.filter(({ type }) => type !== AddToCounter.name) }
  const past = openPast({ definitions: [today], keptCode: kept })
  expect(await replay(past, { version: null })).toMatchObject({ version: 3, eventCount: 0 })
  expect(await replay(past, { version: 1 })).toMatchObject({ version: 1, eventCount: 1 })
  await expect(past.replays.start({ ...whole(), version: 2 })).rejects.toThrow('was not kept; there is version 3, 1')
})

test('a cancelled replay ends where it is, and can be looked at until it is dropped', async () => {
  await recordEvents(
    store,
    'a',
    Array.from({ length: 3_000 }, () => added('a', 1)),
  )
  const reached = createDeferred<void>()
  const goOn = createDeferred<void>()
  let readCount = 0
  const slow: PastPorts['store'] = {
    head: store.head,
    readLog: async (page) => {
      if (readCount++ > 0) {
        reached.resolve()
        await goOn.promise
      }
      return store.readLog(page)
    },
  }
  const past = openPast({ store: slow })
  const { id } = await past.replays.start(whole())
  await reached.promise
  await eventually('the first page is folded', () => past.replays.get(id).eventCount > 0)
  const cancelling = past.replays.cancel(id)
  goOn.resolve()
  const cancelled = await cancelling
  expect(cancelled.phase).toBe('cancelled')
  expect(cancelled.eventCount).toBeLessThan(3_000)
  expect(await rowsOf(past, id)).toHaveLength(1)
  await past.replays.drop(id)
  await expect(past.replays.cancel(id)).rejects.toThrow('There is no replay')
  expect(await scratches()).toEqual([])
})

test('only the last few are kept, and what a killed process left goes when the next one begins', async () => {
  await recordEvents(store, 'a', [added('a', 1)])
  await fresh.sql`create schema peek_scratch_999999`
  const past = openPast()
  for (let count = 0; count < 5; count++) await replay(past)
  expect(past.replays.list()).toHaveLength(3)
  expect(await scratches()).toHaveLength(3)
  expect(await scratches()).not.toContain('peek_scratch_999999')
})
