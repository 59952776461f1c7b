/** The building of a shadow on a real Postgres, over an event store in memory, with stores that break when told to. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { planBatch } from '#projection/fold.ts'
import { toReadEvent } from '#projection/projected-event.ts'
import { startProjector } from '#projection/projector.ts'
import type { ToRebuilder } from '#projection/rebuild/rebuild-messages.ts'
import type { RebuildPorts } from '#projection/rebuild/run-rebuild.ts'
import { openShadowFold } from '#projection/rebuild/shadow-fold.ts'
import { shadowSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { openShadow } from '#projection/rebuild/shadow-tables.ts'
import { createBlindFinder } from '#projection/rebuild/testing/quiet-rebuild.ts'
import { shapesOf } from '#projection/table-shape.ts'
import type { Client } from '#storage/client.ts'
import { type EngineRun, impatientClock, startEngine, upcasters } from '#support/engine-run.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { ResetCounter } from '#testing/counter.ts'
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

const liveSchema = counterModel.schemaName
const shadowSchema = shadowSchemaOf(liveSchema)
let fresh: MigratedDatabase
let sql: Client
let store: MemoryEventStore
const running: EngineRun[] = []

beforeAll(async () => {
  fresh = await migratedDatabase(6)
  sql = fresh.sql
}, 120_000)
afterAll(async () => {
  await fresh?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  store = createMemoryEventStore()
  await sql.unsafe(`drop schema if exists "${shadowSchema}" cascade; drop schema if exists "${liveSchema}" cascade`)
  await sql.unsafe('delete from platform.parked_events; delete from platform.skipped_events')
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((rebuild) => rebuild.stop()))
})

function start(
  ports: Partial<RebuildPorts> = {},
  begin: Partial<Extract<ToRebuilder, { kind: 'begin' }>> = {},
): EngineRun {
  const run = startEngine({ sql, store, ...ports }, begin)
  running.push(run)
  return run
}

type Rows = { readonly counters: readonly unknown[]; readonly changes: readonly unknown[] }
async function rowsOf(schema: string): Promise<Rows> {
  return {
    counters: await sql.unsafe(`select id, sum, note from "${schema}".counters order by id`),
    changes: await sql.unsafe(`select id, counter_id from "${schema}".changes order by id`),
  }
}
const parkedOf = async (name: string) =>
  (
    await sql`select event_id, stream, words from platform.parked_events where projection = ${name} order by position`
  ).map((row) => ({ ...row }))
/** What the live way makes of the same history: the law to compare with. */
async function projectLive(): Promise<{ rows: Rows; parked: Awaited<ReturnType<typeof parkedOf>> }> {
  await sql.unsafe(`drop schema if exists "${liveSchema}" cascade`)
  await sql`delete from platform.parked_events where projection = 'test.counters'`
  const head = store.log.filter(({ stream }) => !stream.startsWith('changes-')).at(-1)?.position ?? ''
  const projector = startProjector({
    definition: counters,
    store,
    sql,
    clock: impatientClock,
    random: () => 0,
    log: silentLog,
    epoch: 1,
    watchedFields: {},
  })
  await eventually('the projector has caught up', () => projector.status().position >= head)
  await projector.stop()
  return { rows: await rowsOf(liveSchema), parked: await parkedOf('test.counters') }
}

/** A history of everything that can happen to counters, refused and parked events among it. */
async function recordHistory(random: Random, eventCount: number): Promise<void> {
  const ids = Array.from({ length: 12 }, (_, index) => `c${index}`)
  for (let made = 0; made < eventCount; ) {
    const id = pickOne(random, ids)
    const count = 1 + Math.floor(random() * 4)
    await recordEvents(
      store,
      id,
      Array.from({ length: count }, () => anyEvent(random, id)),
    )
    made += count
  }
}

function anyEvent(random: Random, id: string) {
  const chance = random()
  if (chance < 0.7) return added(id, Math.floor(random() * 10), `n${Math.floor(random() * 5)}`)
  if (chance < 0.8) return { type: CounterSet.name, data: { sum: Math.floor(random() * 100) } }
  if (chance < 0.9) return { type: ResetCounter.name, data: { counterId: id } }
  if (chance < 0.98) return { type: CounterRemoved.name, data: { why: 'worn out' } }
  return { type: CounterTouched.name, data: { isBad: random() < 0.5 } }
}

const seedOf = (test: string): number => {
  const seed = testSeed()
  console.log(`${test}: seed ${seed}`)
  return seed
}

describe('P4 the rebuilt rows are those of the live way', () => {
  test('whatever the pages, the memory and the saves', async () => {
    const random = createSeededRandom(seedOf('budgets'))
    await recordHistory(random, 400)
    const live = await projectLive()
    for (const pageCountMax of [1, 7, 64, 5_000])
      for (const memoryBytesMax of [1, 4_000, 1e9]) {
        await sql.unsafe(`drop schema if exists "${shadowSchema}" cascade`)
        const rebuild = start({ limits: { pageCountMax, memoryBytesMax } })
        await rebuild.until('close')
        await rebuild.stop()
        expect(await rowsOf(shadowSchema)).toEqual(live.rows)
        expect(await parkedOf('test.counters__next')).toEqual(live.parked)
      }
  }, 120_000)
})

test('the rows held in memory stay within the budget, one page aside', async () => {
  const [pageCount, pages, memoryBytesMax] = [50, 40, 60_000]
  const code = { definition: counters, upcast: upcasters.upcast }
  const checkpoint = await openShadow({ sql, definition: counters, shadowSchema, epoch: 1 })
  const fold = await openShadowFold({ sql, code, shadowSchema, epoch: 1, checkpoint, memoryBytesMax })
  const shapes = shapesOf(counters.model.tables)
  for (let page = 0; page < pages; page++)
    await Promise.all(
      Array.from({ length: pageCount }, (_, index) => recordEvents(store, `c${page}-${index}`, [added('x', 1)])),
    )
  let heldMax = 0
  for (let page = 0; page < pages; page++) {
    const events = store.log.slice(page * pageCount, (page + 1) * pageCount)
    const plan = planBatch(
      counters,
      shapes,
      events.map((event) => toReadEvent(event, upcasters.upcast)),
    )
    await fold.fold(plan, must(events.at(-1), 'a page has events').position)
    heldMax = Math.max(heldMax, fold.heldRows())
  }
  await fold.save({ isDurable: true })
  // A row is taken to be 300 bytes at least, so the budget holds 200 of the 2,001 rows.
  expect(heldMax).toBeLessThanOrEqual(memoryBytesMax / 300 + 2 * pageCount)
  expect(fold.rowCount()).toBe(pages * pageCount + 1)
  expect((await rowsOf(shadowSchema)).counters).toEqual([{ id: 'x', sum: pages * pageCount, note: '' }])
}, 120_000)

class Killed extends Error {}

/** A client that dies at its nth transaction: before it, or when it is committed and nobody knows. */
function dyingClient(diesAt: number, when: 'before' | 'after'): { client: Client; hasDied: () => boolean } {
  let count = 0
  let hasDied = false
  const die = (): never => {
    hasDied = true
    throw new Killed('killed')
  }
  const begin = async (...args: unknown[]): Promise<unknown> => {
    if (hasDied) die()
    const isLast = ++count === diesAt
    if (isLast && when === 'before') die()
    const result: unknown = await Reflect.apply(sql.begin, sql, args)
    return isLast ? die() : result
  }
  const client = new Proxy(sql, { get: (target, name) => (name === 'begin' ? begin : Reflect.get(target, name)) })
  return { client, hasDied: () => hasDied }
}

/** The shadow's own word of how far it is; nothing before there is one. */
async function foldedEvents(): Promise<number> {
  const [there] = await sql`select to_regclass(${`"${shadowSchema}".checkpoint`}) is not null as there`
  if (!there?.there) return 0
  const [row] = await sql.unsafe(`select event_count::int as events from "${shadowSchema}".checkpoint`)
  return Number(row?.events)
}

describe('P3 a killed rebuild goes on where it was', () => {
  test('killed at every transaction, before it and after it, it never begins again', async () => {
    const random = createSeededRandom(seedOf('kills'))
    await recordHistory(random, 250)
    const live = await projectLive()
    for (const when of ['before', 'after'] as const) {
      await sql.unsafe(`drop schema if exists "${shadowSchema}" cascade`)
      let folded = 0
      let isClose = false
      for (let diesAt = 2; !isClose; diesAt = 2 + Math.floor(random() * 4)) {
        const { client } = dyingClient(diesAt + (folded > 200 ? 20 : 0), when)
        const rebuild = start({ sql: client, limits: { pageCountMax: 20, memoryBytesMax: 3_000 } })
        await eventually('it is close or killed', () =>
          rebuild.said.some(({ kind }) => kind === 'close' || kind === 'failed'),
        )
        isClose = rebuild.said.some(({ kind }) => kind === 'close')
        await rebuild.stop()
        const now = await foldedEvents()
        expect(now).toBeGreaterThanOrEqual(folded)
        folded = now
        if (isClose) expect(rebuild.prover.eventIds()).toEqual(store.log.filter(isProjected).map(({ id }) => id))
      }
      expect(await rowsOf(shadowSchema)).toEqual(live.rows)
      expect(await parkedOf('test.counters__next')).toEqual(live.parked)
    }
  }, 120_000)

  test('a store that is away for a while is waited for, and nothing is folded twice', async () => {
    await recordHistory(createSeededRandom(seedOf('away')), 200)
    const live = await projectLive()
    let reads = 0
    const away = (): never => {
      throw new PlatformError('unavailable', 'The store is away.')
    }
    const flaky = {
      ...store,
      readLog: (page: Parameters<typeof store.readLog>[0]) => (++reads % 7 === 0 ? away() : store.readLog(page)),
    }
    const rebuild = start({ store: flaky, limits: { pageCountMax: 10 } })
    await rebuild.until('close')
    await rebuild.stop()
    expect(await rowsOf(shadowSchema)).toEqual(live.rows)
    expect(rebuild.prover.eventIds()).toEqual(store.log.filter(isProjected).map(({ id }) => id))
  }, 120_000)

  test('P4 what was proved is not proved again, and nobody sees it begin at nothing', async () => {
    await recordHistory(createSeededRandom(seedOf('proved')), 60)
    const first = start()
    const { position } = await first.until('close')
    await first.stop()
    const second = start({}, { phase: 'folding', isProved: true })
    await second.until('close')
    await second.stop()
    expect(second.said.filter(({ kind }) => kind === 'proved')).toEqual([])
    expect(second.said[0]).toMatchObject({ kind: 'progress', phase: 'folding', position })
  })

  test('P4 a shadow that is made anew is proved anew, also when the store was away meanwhile', async () => {
    const events = await recordEvents(
      store,
      'a',
      Array.from({ length: 200 }, () => added('a', 1)),
    )
    const first = start()
    await first.until('close')
    await first.stop()
    let isSkipped = false
    let wasAway = false
    const flaky = {
      ...store,
      readLog: async (page: Parameters<typeof store.readLog>[0]) => {
        const folded = isSkipped && !wasAway ? await foldedEvents() : 0
        if (folded > 0 && folded < 199) {
          wasAway = true
          throw new PlatformError('unavailable', 'The store is away.')
        }
        return store.readLog(page)
      },
    }
    const limits = { pageCountMax: 2, meetingMsMax: 5 }
    const second = start({ store: flaky, limits }, { phase: 'swapping', isProved: true })
    await second.until('close')
    isSkipped = true
    await sql`insert into platform.skipped_events (projection, event_id, stream, type, words, by_user, reason)
      values ('test.counters', ${events[199]?.id ?? ''}, 'test.Counter-a', 't', 'w', 'ann', 'twice')`
    const closes = () => second.said.filter(({ kind }) => kind === 'close').length
    await eventually('the store was away', () => wasAway)
    const before = closes()
    await eventually('the new one is close', () => closes() > before)
    expect(second.said.filter(({ kind }) => kind === 'proved')).toHaveLength(1)
  }, 120_000)

  test('a stop saves what is folded', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await recordEvents(store, id, [added(id, 1)])
    const rebuild = start({ limits: { pageCountMax: 1, saveEveryMsMin: 1e9 } })
    await eventually('something is folded', () =>
      rebuild.said.some((one) => one.kind === 'progress' && one.eventCount >= 2),
    )
    await rebuild.stop()
    expect(await foldedEvents()).toBeGreaterThanOrEqual(2)
  })

  test('seam 9: a shadow that a later leader has claimed is left alone', async () => {
    await recordEvents(store, 'a', [added('a', 1)])
    const early = start({ limits: { meetingMsMax: 1 } })
    await early.until('close')
    const late = start({}, { epoch: 2 })
    await late.until('close')
    await recordEvents(store, 'a', [added('a', 1)])
    expect(await early.until('failed')).toMatchObject({ errorKind: 'lost-leadership' })
    await late.stop()
  })
})

const isProjected = ({ stream }: { stream: string }): boolean => stream.startsWith('test.')

describe('P5 what cannot be projected', () => {
  test('an event of an unknown version parks its entity, the others go on', async () => {
    await recordEvents(store, 'a', [{ ...added('a', 1), version: 9 }, added('a', 2)])
    await recordEvents(store, 'b', [added('b', 5)])
    const rebuild = start()
    await rebuild.until('close')
    await rebuild.stop()
    expect((await rowsOf(shadowSchema)).counters).toEqual([{ id: 'b', sum: 5, note: '' }])
    const parked = await parkedOf('test.counters__next')
    expect(parked.map(({ stream }) => stream)).toEqual(['test.Counter-a', 'test.Counter-a'])
    expect(parked[0]?.words).toContain('version 9')
  })

  test('skipped events are left out, and nothing parks behind them', async () => {
    const [bad] = await recordEvents(store, 'a', [{ type: CounterTouched.name, data: { isBad: true } }, added('a', 2)])
    await sql`insert into platform.skipped_events (projection, event_id, stream, type, words, by_user, reason)
      values ('test.counters', ${bad?.id ?? ''}, 'test.Counter-a', 't', 'w', 'ann', 'broken')`
    const rebuild = start()
    await rebuild.until('close')
    await rebuild.stop()
    expect((await rowsOf(shadowSchema)).counters).toEqual([{ id: 'a', sum: 2, note: '' }])
    expect(await parkedOf('test.counters__next')).toEqual([])
  })

  test('an event that is skipped while the shadow is built is left out of it all the same', async () => {
    const [, second] = await recordEvents(store, 'a', [added('a', 1), added('a', 10)])
    const rebuild = start({ limits: { meetingMsMax: 5 } })
    await rebuild.until('close')
    await sql`insert into platform.skipped_events (projection, event_id, stream, type, words, by_user, reason)
      values ('test.counters', ${second?.id ?? ''}, 'test.Counter-a', 't', 'w', 'ann', 'twice')`
    const sumOf = async () => (await sql.unsafe(`select sum from "${shadowSchema}".counters`).catch(() => []))[0]?.sum
    await eventually('the shadow leaves it out', async () => (await sumOf()) === 1)
    await rebuild.stop()
    expect(rebuild.said.some(({ kind }) => kind === 'failed')).toBe(false)
  })

  /** Longer than an index takes, and nothing that could be compressed. */
  const tooLong = (random: Random): string =>
    Array.from({ length: 9_000 }, () => Math.floor(random() * 36).toString(36)).join('')

  test('an event whose row Postgres refuses parks, as it does live', async () => {
    const random = createSeededRandom(seedOf('refused key'))
    await recordHistory(random, 60)
    await recordEvents(store, 'bad', [added(tooLong(random), 1), added('bad', 1)])
    await recordHistory(random, 60)
    const live = await projectLive()
    const rebuild = start({ limits: { pageCountMax: 50, saveEveryMsMin: 1e9 } })
    await rebuild.until('close')
    await rebuild.stop()
    expect(await rowsOf(shadowSchema)).toEqual(live.rows)
    expect((await parkedOf('test.counters__next')).map(({ event_id }) => event_id)).toEqual(
      live.parked.map(({ event_id }) => event_id),
    )
    expect(live.parked.length).toBeGreaterThanOrEqual(2)
  })

  test('an event whose row Postgres refuses parks alone, also where rows are saved to make room', async () => {
    const random = createSeededRandom(seedOf('refused key, little memory'))
    for (let round = 0; round < 3; round++) {
      for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await recordEvents(store, id, [added(id, 1), added(id, 10)])
      await recordEvents(store, `bad${round}`, [added(tooLong(random), 1)])
    }
    const live = await projectLive()
    const rebuild = start({ limits: { pageCountMax: 50, memoryBytesMax: 1 } })
    await rebuild.until('close')
    await rebuild.stop()
    expect((await parkedOf('test.counters__next')).map(({ stream }) => stream)).toEqual(
      live.parked.map(({ stream }) => stream),
    )
    expect(await rowsOf(shadowSchema)).toEqual(live.rows)
  })

  test('a row that only an index refuses parks its event too', async () => {
    const random = createSeededRandom(seedOf('refused index'))
    await recordEvents(store, 'a', [added('a', 1)])
    await recordEvents(store, 'bad', [added('bad', 1), added('bad', 1, tooLong(random))])
    const live = await projectLive()
    const rebuild = start()
    await rebuild.until('close')
    await rebuild.stop()
    expect(await rowsOf(shadowSchema)).toEqual(live.rows)
    expect((await parkedOf('test.counters__next')).map(({ event_id }) => event_id)).toEqual(
      live.parked.map(({ event_id }) => event_id),
    )
    expect(live.parked).toHaveLength(1)
  })
})

describe('the meeting', () => {
  test('the shadow goes exactly where it is asked to, and follows again when it is sent away', async () => {
    const [first] = await recordEvents(store, 'a', [added('a', 1)])
    const rebuild = start({ limits: { meetingMsMax: 60_000 } })
    expect((await rebuild.until('close')).position).toBe(must(first, 'it was recorded').position)
    const [, second] = await recordEvents(store, 'a', [added('a', 10), added('a', 100)])
    const at = must(second, 'it was recorded').position
    rebuild.run.hear({ kind: 'meet', position: at })
    expect((await rebuild.until('met')).position).toBe(at)
    expect((await rowsOf(shadowSchema)).counters).toEqual([{ id: 'a', sum: 11, note: '' }])
    const closes = () => rebuild.said.filter(({ kind }) => kind === 'close').length
    rebuild.run.hear({ kind: 'part' })
    await eventually('it is close again', () => closes() === 2)
    expect((await rowsOf(shadowSchema)).counters).toEqual([{ id: 'a', sum: 111, note: '' }])
  })

  test('a shadow that is further already says so at once', async () => {
    const [first] = await recordEvents(store, 'a', [added('a', 1), added('a', 1)])
    const rebuild = start({ limits: { meetingMsMax: 60_000 } })
    const { position } = await rebuild.until('close')
    rebuild.run.hear({ kind: 'meet', position: must(first, 'it was recorded').position })
    expect(await rebuild.until('met')).toMatchObject({ position })
  })

  test('what live work has touched is looked up each time before it is close', async () => {
    await recordEvents(store, 'a', [added('a', 1)])
    const done: string[] = []
    const differences = { ...createBlindFinder(), noteLive: async () => void done.push('looked') }
    const rebuild = start({
      differences,
      say: ({ kind }) => void (kind === 'close' && done.push(kind)),
      limits: { meetingMsMax: 5 },
    })
    await eventually('it was close twice', () => done.length >= 4)
    await rebuild.stop()
    expect(done.slice(0, 4)).toEqual(['looked', 'close', 'looked', 'close'])
  })

  test('who wants to see the differences first is waited for, while the shadow follows', async () => {
    await recordEvents(store, 'a', [added('a', 1)])
    const rebuild = start({}, { asksFirst: true })
    await rebuild.until('compared')
    await recordEvents(store, 'a', [added('a', 1)])
    await eventually('it follows', () => rebuild.said.some((one) => one.kind === 'progress' && one.eventCount === 2))
    expect(rebuild.said.some(({ kind }) => kind === 'close')).toBe(false)
    rebuild.run.hear({ kind: 'approve' })
    await rebuild.until('close')
  })

  test('a paused rebuild reads nothing until it is resumed', async () => {
    await recordEvents(store, 'a', [added('a', 1)])
    let reads = 0
    const counting = {
      ...store,
      readLog: (page: Parameters<typeof store.readLog>[0]) => {
        reads++
        return store.readLog(page)
      },
    }
    const rebuild = start({ store: counting }, { isPaused: true })
    await eventually('it began', () => rebuild.said.some(({ kind }) => kind === 'progress'))
    expect(reads).toBe(0)
    rebuild.run.hear({ kind: 'resume' })
    await rebuild.until('close')
    expect(reads).toBeGreaterThan(0)
  })
})
