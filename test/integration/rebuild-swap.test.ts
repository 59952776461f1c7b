/** A shadow takes the place of live tables under a running projector, on a real Postgres. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { type ChangeEvent, parseChangeEvent } from '#event-store/change-event.ts'
import { must } from '#kernel/assert.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import type { Position } from '#kernel/position.ts'
import { type Projector, startProjector } from '#projection/projector.ts'
import type { ProjectorOptions } from '#projection/projector-options.ts'
import { createDifferenceFinder } from '#projection/rebuild/differences/create-difference-finder.ts'
import { readDifferences } from '#projection/rebuild/differences/read-differences.ts'
import { keptSchemaOf, shadowSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { type Met, type SwapInOptions, swapIn } from '#projection/rebuild/swap-in.ts'
import type { Client } from '#storage/client.ts'
import { buildShadow } from '#support/build-shadow.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { ResetCounter } from '#testing/counter.ts'
import { added, CounterTouched, counterModel, counters, recordEvents } from '#testing/counter-model.ts'
import { createFaultyEventStore } from '#testing/faulty-event-store.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'

const changesName = 'changes-test.counters'
const live = counterModel.schemaName
const shadow = shadowSchemaOf(live)
const kept = keptSchemaOf(live)
const watchedFields = { counters: { shown: ['id', 'sum', 'note'], pickedBy: ['note'] } }
/** Counts twice: version 2 says that this is right. */
const doubled = {
  ...counters,
  version: 2,
  on: counters.on.map((entry) => ({
    ...entry,
    project: (event, tables) => {
      const amount = Number(event.data.amount ?? 0) * 2
      entry.project({ ...event, data: { ...event.data, amount } }, tables)
    },
  })),
} satisfies typeof counters
const impatientClock: Clock = { now: systemClock.now, after: (_, work) => systemClock.after(0, work) }

let fresh: MigratedDatabase
let sql: Client
let store: MemoryEventStore
const running: Projector[] = []

beforeAll(async () => {
  fresh = await migratedDatabase(8)
  sql = fresh.sql
}, 60_000)
afterAll(async () => {
  await fresh?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  store = createMemoryEventStore()
  for (const schema of [live, shadow, kept, `${live}__gone`])
    await sql.unsafe(`drop schema if exists "${schema}" cascade`)
  await sql`delete from platform.parked_events`
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((projector) => projector.stop()))
})

function start(options: Partial<ProjectorOptions> = {}): Projector {
  const projector = startProjector({
    definition: counters,
    store,
    sql,
    clock: impatientClock,
    random: () => 0,
    log: silentLog,
    epoch: 1,
    watchedFields,
    findKept: async (version) => kinds.find((one) => one.definition.version === version),
    ...options,
  })
  running.push(projector)
  return projector
}
const kinds = [counters, doubled].map((definition) => ({ definition, upcast: <T>(event: T) => event, watchedFields }))

const record = (id: string, ...amounts: number[]) =>
  recordEvents(
    store,
    id,
    amounts.map((amount) => added(id, amount)),
  )
const sums = async (schema = live) =>
  Object.fromEntries((await sql.unsafe(`select id, sum from "${schema}".counters`)).map(({ id, sum }) => [id, sum]))
const checkpoint = async (schema = live) =>
  must((await sql.unsafe(`select position, incarnation, version from "${schema}".checkpoint`))[0], 'it exists')
const announced = (): ChangeEvent[] =>
  store.streamOf(changesName).map(({ type, data }) => must(parseChangeEvent(type, data), 'it can be read'))

async function caughtUp(projector: Projector): Promise<void> {
  const head = () => store.log.filter(({ stream }) => !stream.startsWith('changes-')).at(-1)?.position ?? ''
  await eventually('the projector is live', () => {
    const { state, position } = projector.status()
    return state === 'live' && position >= head()
  })
}

/** Meets with a shadow that is built anew at the very position; `bend` makes it different from the live rows. */
async function swap(
  projector: Projector,
  options: Partial<SwapInOptions> & { readonly bend?: () => Promise<unknown> } = {},
) {
  const definition = options.definition ?? counters
  const closeAt = (await checkpoint()).position as Position
  await buildShadow({ sql, store, definition, upTo: closeAt })
  const finder = createDifferenceFinder({ definition, shadowSchema: shadow, watchedFields, sql, store })
  await options.bend?.()
  const counts = await finder.compare()
  const meet = async (position: Position): Promise<Met> => {
    const { changes } = await buildShadow({ sql, store, definition, upTo: position })
    await options.bend?.()
    finder.note(changes)
    return { position, differing: await finder.meet() }
  }
  const outcome = await swapIn({
    projector,
    definition,
    watchedFields,
    shadowSchema: shadow,
    closeAt,
    meet,
    store,
    sql,
    epoch: 1,
    clock: systemClock,
    log: silentLog,
    ...options,
  })
  return { outcome, counts }
}

describe('P3 a shadow takes the place of the live tables', () => {
  test('with its rows, its checkpoint and its parked events, and the projector goes on from there', async () => {
    await record('a', 1, 2)
    await recordEvents(store, 'p', [{ type: CounterTouched.name, data: { isBad: true } }])
    const projector = start()
    await caughtUp(projector)
    const before = await checkpoint()
    await sql`update platform.parked_events set words = 'stale'`
    const { outcome, counts } = await swap(projector)
    expect(counts).toEqual({ added: 0, removed: 0, changed: 0 })
    expect(outcome).toMatchObject({ outcome: 'swapped', announcedRows: 0, position: before.position })
    await record('a', 4)
    await caughtUp(projector)
    expect(await sums()).toEqual({ a: 7 })
    expect(await sums(kept)).toEqual({ a: 3 })
    expect((await checkpoint()).incarnation).not.toBe(before.incarnation)
    expect(await checkpoint(kept)).toEqual(before)
    expect(await sql`select projection, words from platform.parked_events order by 1`).toMatchObject([
      { projection: 'test.counters', words: 'a bug of the handler' },
      { projection: 'test.counters__prev', words: 'stale' },
    ])
    expect(projector.status()).toMatchObject({ state: 'live', parkedCount: 1, eventCount: 4 })
  })

  test('as often as wanted: tables kept before are dropped', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    for (let i = 0; i < 4; i++) {
      const { outcome } = await swap(projector)
      expect(outcome.outcome).toBe('swapped')
      await record('a', 1)
      await caughtUp(projector)
    }
    expect(await sums()).toEqual({ a: 5 })
    const schemas = await sql`select nspname from pg_namespace where nspname like ${`${live}%`} order by 1`
    expect(schemas.map(({ nspname }) => nspname)).toEqual([live, kept])
  })

  test('of another version, fed by its code, and back again', async () => {
    await record('a', 1, 2)
    const projector = start()
    await caughtUp(projector)
    expect(await swap(projector, { definition: doubled })).toMatchObject({
      counts: { changed: 1 },
      outcome: { outcome: 'swapped', announcedRows: 1 },
    })
    await record('a', 10)
    await caughtUp(projector)
    expect(await sums()).toEqual({ a: 26 })
    expect(projector.status()).toMatchObject({ version: 2, lastError: null })

    const back = await swap(projector, {
      shadowSchema: kept,
      definition: counters,
      closeAt: must(announced().at(-1), 'something was announced').to,
      meet: async (position) => {
        await sql.unsafe(`update "${kept}".counters set sum = 13`)
        await sql.unsafe(`update "${kept}".checkpoint set position = $1`, [position])
        return { position, differing: { counters: ['a'] } }
      },
    })
    expect(back.outcome).toMatchObject({ outcome: 'swapped', announcedRows: 1 })
    await record('a', 1)
    await caughtUp(projector)
    expect([await sums(), await sums(kept)]).toEqual([{ a: 14 }, { a: 26 }])
    expect((await checkpoint()).version).toBe(1)
  })
})

describe('O2 watchers get the difference', () => {
  test('as one commit that goes on from the life before: rows that differ, and no others', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await record(id, 1)
    const projector = start()
    await caughtUp(projector)
    await sql.unsafe(`update "${live}".counters set sum = 99 where id = 'a'`)
    await sql.unsafe(`insert into "${live}".counters values ('stray', 5, 'n')`)
    await sql.unsafe(`delete from "${live}".counters where id = 'b'`)
    await sql.unsafe(`delete from "${live}".changes`)
    const before = await checkpoint()
    const { outcome, counts } = await swap(projector)
    expect(counts).toEqual({ added: 1 + 4, removed: 1, changed: 1 })
    expect(outcome).toMatchObject({ announcedRows: 3 })
    const after = await checkpoint()
    const last = announced().at(-1)
    expect(last).toMatchObject({
      kind: 'changed',
      incarnation: after.incarnation,
      from: before.position,
      to: after.position,
      follows: { incarnation: before.incarnation, version: 1 },
    })
    const rows = last?.kind === 'changed' ? [...(last.tables.counters ?? [])] : []
    expect(rows.sort((x, y) => (x.k < y.k ? -1 : 1))).toEqual([
      { k: 'a', a: { id: 'a', sum: 1, note: '' }, b: { note: '' } },
      { k: 'b', a: { id: 'b', sum: 1, note: '' } },
      { k: 'stray', b: { note: 'n' } },
    ])
    await record('a', 1)
    await caughtUp(projector)
    expect(announced().filter(({ kind }) => kind === 'resync')).toHaveLength(1)
  })

  test('also for rows that either side touches between the comparison and the meeting', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    let compared = 0
    const { outcome } = await swap(projector, {
      definition: doubled,
      bend: async () => {
        if (compared++ > 0) return
        await record('b', 5)
        await record('c', 7)
        await caughtUp(projector)
        await sql.unsafe(`update "${live}".counters set sum = 14 where id = 'c'`)
      },
    })
    expect(outcome).toMatchObject({ announcedRows: 2 })
    const last = announced().at(-1)
    expect(last?.kind === 'changed' && last.tables.counters?.map(({ k }) => k).sort()).toEqual(['a', 'b'])
  })

  test('of too many rows, or of tables nobody can compare, as a mark to look again', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    const meet = async (position: Position): Promise<Met> => {
      await buildShadow({ sql, store, definition: counters, upTo: position })
      return { position, differing: 'too-many' }
    }
    expect((await swap(projector, { meet })).outcome).toMatchObject({ outcome: 'swapped', announcedRows: null })
    const last = announced().at(-1)
    expect(last).toMatchObject({ kind: 'resync', incarnation: (await checkpoint()).incarnation })
  })

  test('after a crash between the swap and its announcement as a mark to look again', async () => {
    await record('a', 1)
    let isBroken = false
    const faulty = createFaultyEventStore(store, ({ stream }) =>
      isBroken && stream === changesName ? { fails: 'before', kind: 'timeout' } : undefined,
    )
    const projector = start()
    await caughtUp(projector)
    isBroken = true
    expect((await swap(projector, { store: faulty })).outcome).toMatchObject({ announcedRows: null })
    await caughtUp(projector)
    await record('a', 1)
    await caughtUp(projector)
    expect(announced().filter(({ kind }) => kind === 'resync')).toHaveLength(2)
    expect(announced().at(-1)).toMatchObject({ kind: 'changed', to: (await checkpoint()).position })
  })
})

describe('S2 nothing changes, and the projector goes on, when', () => {
  const goesOn = async (projector: Projector): Promise<void> => {
    await record('a', 100)
    await caughtUp(projector)
    expect(await sums()).toEqual({ a: 101 })
    expect(announced().filter(({ kind }) => kind === 'resync')).toHaveLength(1)
  }

  test('the shadow is late', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    const { outcome } = await swap(projector, { clock: impatientClock, meet: () => new Promise(() => undefined) })
    expect(outcome).toMatchObject({ outcome: 'parted', words: expect.stringContaining('in time') })
    await goesOn(projector)
  })

  test('the shadow stands elsewhere, is of other tables, or would not survive a crash', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    for (const [change, words] of [
      [`update "${shadow}".checkpoint set position = '${'9'.repeat(20)}'`, 'position'],
      [`update "${shadow}".checkpoint set shape = 'other'`, 'shape'],
      [`alter table "${shadow}".counters set unlogged`, 'survive'],
    ] as const)
      await expect(swap(projector, { bend: () => sql.unsafe(change) })).rejects.toThrow(words)
    await goesOn(projector)
  })

  test('somebody holds a lock: it tries a few times and parts', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    const other = await sql.reserve()
    const meet = async (position: Position): Promise<Met> => {
      await buildShadow({ sql, store, definition: counters, upTo: position })
      await other`begin`
      await other`select pg_advisory_xact_lock(hashtextextended('peek:' || ${live}, 0))`
      return { position, differing: {} }
    }
    const { outcome } = await swap(projector, { meet })
    await other`rollback`
    other.release()
    expect(outcome).toMatchObject({ outcome: 'parted' })
    await goesOn(projector)
  }, 20_000)

  test('somebody still reads the tables that were kept before the last swap', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    await sql.unsafe(`create schema "${live}__gone"; create table "${live}__gone".counters (id text)`)
    const other = await sql.reserve()
    await other`begin`
    await other.unsafe(`select * from "${live}__gone".counters`)
    const { outcome } = await swap(projector)
    await other`rollback`
    other.release()
    expect(outcome).toMatchObject({ outcome: 'parted', words: expect.stringContaining('still reads') })
    await goesOn(projector)
  }, 20_000)

  test('the live tables lag behind the shadow', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    const { position } = await checkpoint()
    await sql.unsafe(`update "${live}".checkpoint set position = $1`, [position])
    const ahead = (await store.head()).replace(/^./, '1') as Position
    const hidden = { ...store, readLog: async () => [must(store.log[0], 'one event')] }
    const { outcome } = await swap(projector, { closeAt: ahead, store: hidden })
    expect(outcome).toMatchObject({ outcome: 'parted', words: expect.stringContaining('not come as far') })
    await goesOn(projector)
  })
})

test('the shadow may be ahead when nothing of the projection lies between', async () => {
  await record('a', 1)
  const projector = start()
  await caughtUp(projector)
  await store.append('other-1', [{ id: crypto.randomUUID(), type: 'other.Thing', data: {}, metadata: {} }], 'any')
  const closeAt = must(store.log.at(-1), 'it was appended').position
  const { outcome } = await swap(projector, { closeAt })
  expect(outcome).toMatchObject({ outcome: 'swapped' })
  expect(String((await checkpoint()).position) >= closeAt).toBe(true)
})

test('seam 9 a leader of an earlier epoch swaps nothing, also when the other came in the middle of the meeting', async () => {
  await record('a', 1)
  const lost: string[] = []
  const projector = start({ onLostLeadership: () => lost.push('lost') })
  await caughtUp(projector)
  const before = await checkpoint()
  const claim = () => sql.unsafe(`update "${live}".checkpoint set epoch = 2`)
  await expect(swap(projector, { bend: claim })).rejects.toMatchObject({ kind: 'lost-leadership' })
  expect(await checkpoint()).toEqual(before)
  await eventually('the projector gives up', () => lost.length > 0)
})

describe('S2 a connection lost in the middle of the swap', () => {
  test('before its commit: nothing changed', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    const cut: SwapInOptions['alsoDo'] = async (tx) => {
      const [own] = await tx.unsafe('select pg_backend_pid() as pid')
      await sql`select pg_terminate_backend(${Number(own?.pid)})`
      await tx.unsafe('select 1')
    }
    await expect(swap(projector, { definition: doubled, alsoDo: cut })).rejects.toMatchObject({ kind: 'unavailable' })
    await caughtUp(projector)
    expect([(await checkpoint()).version, await sums()]).toEqual([1, { a: 1 }])
  })

  test('after its commit: it took place, and the projector goes on with the code of the new tables', async () => {
    await record('a', 1)
    const projector = start()
    await caughtUp(projector)
    let isCut = false
    const begin = async (...args: Parameters<Client['begin']>): Promise<unknown> => {
      const done = await sql.begin(...args)
      if (!isCut) return done
      isCut = false
      throw Object.assign(new Error('write CONNECTION_CLOSED'), { code: 'CONNECTION_CLOSED' })
    }
    const leaky = new Proxy(sql, { get: (target, name) => (name === 'begin' ? begin : Reflect.get(target, name)) })
    const alsoDo = async (): Promise<void> => {
      isCut = true
    }
    const { outcome } = await swap(projector, { definition: doubled, sql: leaky, alsoDo })
    expect(outcome).toMatchObject({ outcome: 'swapped', announcedRows: 1 })
    await record('a', 1)
    await caughtUp(projector)
    expect([(await checkpoint()).version, await sums()]).toEqual([2, { a: 4 }])
  })
})

test('differences are listed side by side, in order, page by page', async () => {
  for (const id of ['a', 'b', 'c', 'd', 'e']) await record(id, 1)
  await recordEvents(store, 'c', [{ type: ResetCounter.name, data: { counterId: 'c' } }])
  const projector = start()
  await caughtUp(projector)
  await buildShadow({ sql, store, definition: doubled, upTo: (await checkpoint()).position as Position })
  await sql.unsafe(`delete from "${live}".counters where id = 'd'`)
  await sql.unsafe(`delete from "${shadow}".counters where id = 'e'`)
  const page = (after: { table: string; key: string } | null) =>
    readDifferences({ sql, definition: doubled, shadowSchema: shadow, after, countMax: 3 })
  const first = await page(null)
  expect(first.map(({ key, live, shadow }) => [key, live?.sum, shadow?.sum])).toEqual([
    ['a', 1, 2],
    ['b', 1, 2],
    ['d', undefined, 2],
  ])
  const second = await page(must(first[2], 'three were found'))
  expect(second).toEqual([{ table: 'counters', key: 'e', live: { id: 'e', sum: 1, note: '' }, shadow: undefined }])
  expect(await page(must(second[0], 'one was found'))).toEqual([])
  await expect(page({ table: 'nonsense', key: 'a' })).rejects.toMatchObject({ kind: 'bad-input' })
})
