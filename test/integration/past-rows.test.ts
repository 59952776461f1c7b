/** Read models as they were, on a real Postgres: every position of a random history against a fresh projection. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { parseMetadata } from '#event-store/metadata.ts'
import { upcastEvent } from '#event-store/upcast.ts'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { logStart, type Position } from '#kernel/position.ts'
import { applyPlan, planBatch } from '#projection/fold.ts'
import { saveSkipped } from '#projection/parking/skipped-events.ts'
import { createPast, type Past } from '#projection/past/past.ts'
import type { PastAnswer } from '#projection/past/past-answer.ts'
import type { PastPorts } from '#projection/past/past-ports.ts'
import { toReadEvent } from '#projection/projected-event.ts'
import { shapesOf } from '#projection/table-shape.ts'
import type { Client } from '#storage/client.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import {
  added,
  CounterRemoved,
  CounterSet,
  CounterTouched,
  counterModel,
  counters,
  recordEvents,
} from '#testing/counter-model.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import { testSeed } from '#testing/test-seed.ts'
import type { Row } from '#vortex/protocol/row.ts'

let fresh: MigratedDatabase
let sql: Client
let store: MemoryEventStore
const open: Past[] = []

beforeAll(async () => {
  fresh = await migratedDatabase(4)
  sql = fresh.sql
}, 120_000)
afterAll(async () => {
  await fresh?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await Promise.all(open.splice(0).map((past) => past.stop()))
  store = createMemoryEventStore()
  await sql`delete from platform.skipped_events`
  for (const schemaName of await pastSchemas()) await sql.unsafe(`drop schema "${schemaName}" cascade`)
  await sql`delete from platform.past_walks`
})

const projection = 'test.counters'

function openPast(change: Partial<PastPorts> = {}): Past {
  const limits = { spacingMin: 20, directCountMax: 15, waitMs: 5_000 }
  const past = createPast({
    sql,
    store,
    definitions: [counters],
    clock: systemClock,
    log: silentLog,
    limits,
    ...change,
  })
  open.push(past)
  return past
}

async function pastSchemas(): Promise<readonly string[]> {
  const rows = await sql`select nspname from pg_namespace where nspname ~ '^peek_(past|scratch)_' order by nspname`
  return rows.map(({ nspname }) => String(nspname))
}

const copies = async () =>
  (await sql`select event_count::int as n from platform.past_rows order by 1`).map(({ n }) => Number(n))

async function ready<T>(ask: () => Promise<PastAnswer<T>>): Promise<T> {
  let answer = await ask()
  await eventually('the past is prepared', async () => {
    if (answer.state !== 'ready') answer = await ask()
    return answer.state === 'ready'
  })
  if (answer.state !== 'ready') throw new Error('it was ready')
  return answer.value
}

async function rowsAt(past: Past, position: Position) {
  const rows = await ready(() => past.rowsAt(projection, position))
  const all = { where: {}, orderBy: ['id'], countMax: 1_000 }
  return { counters: await rows.select('counters', all), changes: await rows.select('changes', all) }
}

/** What a fresh projection makes of the log up to there: plain maps, event by event. */
function model(position: Position, skipped: readonly string[] = []) {
  const shapes = shapesOf(counterModel.tables)
  const tables = new Map<string, Map<string, Row>>([
    ['counters', new Map()],
    ['changes', new Map()],
  ])
  const parked = new Set<string>()
  for (const event of store.log) {
    if (event.position > position || skipped.includes(event.id)) continue
    const plan = planBatch(counters, shapes, [toReadEvent(event, upcastEvent)])
    const folded = applyPlan(
      plan,
      (table, key) => tables.get(table)?.get(key),
      (stream) => parked.has(stream),
    )
    for (const one of folded.parked) parked.add(one.event.stream)
    for (const [table, changes] of folded.changes)
      for (const { key, after } of changes) {
        if (after) tables.get(table)?.set(key, after)
        else tables.get(table)?.delete(key)
      }
  }
  const sorted = (table: string) =>
    [...must(tables.get(table), 'it is there').values()].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1))
  return { counters: sorted('counters'), changes: sorted('changes') }
}

/** Adds, sets, removals and failures over a few counters, beside events of others. */
async function recordHistory(seed: number, count: number): Promise<void> {
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % below
  }
  for (let index = 0; index < count; index++) {
    const id = `c${random(7)}`
    const kind = random(20)
    const event =
      kind < 12
        ? added(id, random(9), `n${random(3)}`)
        : kind < 15
          ? { type: CounterSet.name, data: { sum: random(100) } }
          : kind < 17
            ? { type: CounterRemoved.name, data: { why: 'no reason' } }
            : kind === 17
              ? { type: CounterTouched.name, data: { isBad: random(4) === 0 } }
              : { type: 'other.Thing', data: {} }
    await recordEvents(store, id, [event])
  }
}

describe('P4 rows as they were are what a fresh projection gives', () => {
  test('at every position of a random history', async () => {
    const seed = testSeed()
    await recordHistory(seed, 120)
    const past = openPast()
    const positions = [logStart, ...store.log.map((event) => event.position)]
    // Backwards each look starts from a copy; forwards, from the look before it.
    for (const position of [...positions.toReversed(), ...positions])
      expect({ seed, position, ...(await rowsAt(past, position)) }).toEqual({ seed, position, ...model(position) })
    expect((await copies()).length).toBeGreaterThan(1)
  }, 120_000)

  test('with the events left out that somebody skipped, also when that is decided later', async () => {
    await recordHistory(4, 60)
    const past = openPast()
    const end = must(store.log.at(-1), 'recorded').position
    expect(await rowsAt(past, end)).toEqual(model(end))
    const bad = must(
      store.log.find(({ type, data }) => type === CounterTouched.name && data.isBad === true) ?? store.log[3],
      'recorded',
    )
    const skip = { eventId: bad.id, stream: bad.stream, type: bad.type, words: 'failed', by: 'ann', reason: 'wrong' }
    await saveSkipped(sql, projection, skip)
    expect(await rowsAt(past, end)).toEqual(model(end, [bad.id]))
  })

  test('for a selector, whether its rows were changed since the copy or not', async () => {
    await recordHistory(11, 90)
    const past = openPast()
    for (const event of store.log.slice(40, 80)) {
      const rows = await ready(() => past.rowsAt(projection, event.position))
      const chosen = await rows.select('counters', { where: { note: 'n1' }, orderBy: ['sum', 'id'], countMax: 100 })
      const wanted = model(event.position)
        .counters.filter(({ note }) => note === 'n1')
        .sort((a, b) => Number(a.sum) - Number(b.sum) || (String(a.id) < String(b.id) ? -1 : 1))
      expect(chosen).toEqual(wanted)
    }
  }, 120_000)
})

test('few events are folded at once, and nothing is left behind', async () => {
  await recordHistory(3, 12)
  const end = must(store.log.at(-1), 'recorded').position
  expect(await rowsAt(openPast(), end)).toEqual(model(end))
  expect(await pastSchemas()).toEqual([])
})

test('a walk that broke off goes on where it was saved, and leaves the same copies', async () => {
  await recordHistory(5, 150)
  const end = must(store.log.at(-1), 'recorded').position
  const border = must(store.log[90], 'recorded').position
  const walked: string[] = []
  let isAway = true
  const fragile: PastPorts['store'] = {
    head: store.head,
    readLog: async (page) => {
      if (isAway && page.direction === 'forwards' && page.beyond > border) throw new Error('the store went away')
      if (page.direction === 'forwards') walked.push(String(page.beyond))
      return store.readLog(page)
    },
  }
  const past = openPast({ store: fragile })
  await expect(past.rowsAt(projection, end)).rejects.toThrow('the store went away')
  expect((await copies()).length).toBeGreaterThan(1)
  walked.length = 0
  isAway = false
  expect(await rowsAt(past, end)).toEqual(model(end))
  expect(walked).not.toContain(logStart)
  const broken = await copies()
  await past.stop()
  await sql`delete from platform.past_rows`
  await sql`delete from platform.past_walks`
  expect(await rowsAt(openPast(), end)).toEqual(model(end))
  expect(await copies()).toEqual(broken)
})

test('a new version of the projection makes its past anew, and other pasts go when nobody can use them', async () => {
  await recordHistory(6, 60)
  const end = must(store.log.at(-1), 'recorded').position
  await rowsAt(openPast(), end)
  const before = await pastSchemas()
  expect(before.length).toBeGreaterThan(1)
  const next = openPast({ definitions: [{ ...counters, version: 2 }] })
  expect(await rowsAt(next, end)).toEqual(model(end))
  expect((await pastSchemas()).filter((name) => before.includes(name))).toEqual([])
  await next.stop()
  const empty = openPast({ definitions: [] })
  await empty.explain([])
  expect(await pastSchemas()).toEqual([])
})

test('copies stay within their budget, and the rows are right all the same', async () => {
  await recordHistory(7, 150)
  const past = openPast({ limits: { spacingMin: 10, directCountMax: 15, waitMs: 5_000, copiesSizeBytesMax: 200_000 } })
  for (const event of [store.log[30], store.log[90], store.log.at(-1)]) {
    const { position } = must(event, 'recorded')
    expect(await rowsAt(past, position)).toEqual(model(position))
  }
  const [size] = await sql`select sum(size_bytes)::int as bytes, count(*)::int as n from platform.past_rows`
  expect(size?.bytes).toBeLessThanOrEqual(200_000)
  expect(size?.n).toBeGreaterThan(0)
})

describe('what an event did', () => {
  test('is the rows before and after it, in every projection that handles it', async () => {
    await recordHistory(8, 70)
    const past = openPast()
    for (const event of store.log.slice(40)) {
      const [explained] = await ready(() => past.explain([event.position]))
      const before = model(must(store.log[store.log.indexOf(event) - 1], 'recorded').position)
      const after = model(event.position)
      const changed = explained?.projections.flatMap(({ tables }) => tables) ?? []
      const applied = new Map(before.counters.map((row) => [row.id, row]))
      for (const { rows } of changed.filter(({ table }) => table === 'counters'))
        for (const row of rows) {
          expect(applied.get(row.key) ?? null).toEqual(row.before)
          if (row.after) applied.set(row.key, row.after)
          else applied.delete(row.key)
        }
      expect([...applied.values()].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1))).toEqual(after.counters)
      if (parseMetadata(event.metadata).actionId !== event.id) expect(changed).toEqual([])
    }
  }, 120_000)

  test('of several events is told in order, and a parked one says why it did nothing', async () => {
    await recordEvents(store, 'a', [added('a', 1), { type: CounterTouched.name, data: { isBad: true } }, added('a', 2)])
    const past = openPast()
    const explained = await ready(() => past.explain(store.log.map(({ position }) => position)))
    expect(explained.map(({ projections }) => projections[0]?.parkedWords ?? null)).toEqual([
      null,
      'a bug of the handler',
      'an earlier event of this entity is parked',
    ])
    expect(explained[0]?.projections[0]?.tables.map(({ table, rows }) => [table, rows.length])).toEqual([
      ['counters', 1],
      ['changes', 1],
    ])
  })
})
