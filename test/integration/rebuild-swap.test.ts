/** A shadow takes the place of live tables under a running projector, on a real Postgres. */

import { describe, expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import type { Position } from '#kernel/position.ts'
import { readDifferences } from '#projection/rebuild/differences/read-differences.ts'
import type { Met } from '#projection/rebuild/swap-in.ts'
import { buildShadow } from '#support/build-shadow.ts'
import { eventually } from '#support/eventually.ts'
import { changesName, doubled, kept, live, shadow, useSwapRig } from '#support/swap-rig.ts'
import { ResetCounter } from '#testing/counter.ts'
import { CounterTouched, counters, recordEvents } from '#testing/counter-model.ts'
import { createFaultyEventStore } from '#testing/faulty-event-store.ts'

const rig = useSwapRig()
const { start, record, sums, checkpoint, announced, caughtUp, swap } = rig

describe('P3 a shadow takes the place of the live tables', () => {
  test('with its rows, its checkpoint and its parked events, and the projector goes on from there', async () => {
    await record('a', 1, 2)
    await recordEvents(rig.store, 'p', [{ type: CounterTouched.name, data: { isBad: true } }])
    const projector = start()
    await caughtUp(projector)
    const before = await checkpoint()
    await rig.sql`update platform.parked_events set words = 'stale'`
    const { outcome, counts } = await swap(projector)
    expect(counts).toEqual({ added: 0, removed: 0, changed: 0 })
    expect(outcome).toMatchObject({ outcome: 'swapped', announcedRows: 0, position: before.position })
    expect(announced().at(-1), 'whose actions are parked may be others now').toMatchObject({ effects: { of: 'ask' } })
    await record('a', 4)
    await caughtUp(projector)
    expect(await sums()).toEqual({ a: 7 })
    expect(await sums(kept)).toEqual({ a: 3 })
    expect((await checkpoint()).incarnation).not.toBe(before.incarnation)
    expect(await checkpoint(kept)).toEqual(before)
    expect(await rig.sql`select projection, words from platform.parked_events order by 1`).toMatchObject([
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
    const schemas = await rig.sql`select nspname from pg_namespace where nspname like ${`${live}%`} order by 1`
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
        await rig.sql.unsafe(`update "${kept}".counters set sum = 13`)
        await rig.sql.unsafe(`update "${kept}".checkpoint set position = $1`, [position])
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
    await rig.sql.unsafe(`update "${live}".counters set sum = 99 where id = 'a'`)
    await rig.sql.unsafe(`insert into "${live}".counters values ('stray', 5, 'n')`)
    await rig.sql.unsafe(`delete from "${live}".counters where id = 'b'`)
    await rig.sql.unsafe(`delete from "${live}".changes`)
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
    expect(last).not.toHaveProperty('effects')
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
        await rig.sql.unsafe(`update "${live}".counters set sum = 14 where id = 'c'`)
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
      await buildShadow({ sql: rig.sql, store: rig.store, definition: counters, upTo: position })
      return { position, differing: 'too-many' }
    }
    expect((await swap(projector, { meet })).outcome).toMatchObject({ outcome: 'swapped', announcedRows: null })
    const last = announced().at(-1)
    expect(last).toMatchObject({ kind: 'resync', incarnation: (await checkpoint()).incarnation })
  })

  test('after a crash between the swap and its announcement as a mark to look again', async () => {
    await record('a', 1)
    let isBroken = false
    const faulty = createFaultyEventStore(rig.store, ({ stream }) =>
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

test('P3 live tables that are broken, or far behind, are met at the place of the shadow', async () => {
  await record('a', 1)
  const projector = start()
  await caughtUp(projector)
  const before = await checkpoint()
  await rig.sql.unsafe(`alter table "${live}".counters rename column note to lost`)
  await record('a', 10)
  await eventually('the projector is stalled', () => projector.status().state === 'stalled')
  const closeAt = must(
    rig.store.log.findLast(({ stream }) => stream.startsWith('test.')),
    'it was recorded',
  ).position
  expect((await swap(projector, { closeAt })).outcome).toMatchObject({ outcome: 'swapped', position: closeAt })
  expect(await sums()).toEqual({ a: 11 })
  const last = must(announced().at(-1), 'the swap was announced')
  expect([last.from, last.to]).toEqual([before.position, closeAt])
  await record('a', 100)
  await caughtUp(projector)
  expect([await sums(), projector.status().state]).toEqual([{ a: 111 }, 'live'])
})

test('the shadow may be ahead when nothing of the projection lies between', async () => {
  await record('a', 1)
  const projector = start()
  await caughtUp(projector)
  await rig.store.append('other-1', [{ id: crypto.randomUUID(), type: 'other.Thing', data: {}, metadata: {} }], 'any')
  const closeAt = must(rig.store.log.at(-1), 'it was appended').position
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
  const claim = () => rig.sql.unsafe(`update "${live}".checkpoint set epoch = 2`)
  await expect(swap(projector, { bend: claim })).rejects.toMatchObject({ kind: 'lost-leadership' })
  expect(await checkpoint()).toEqual(before)
  await eventually('the projector gives up', () => lost.length > 0)
})

test('differences are listed side by side, in order, page by page', async () => {
  for (const id of ['a', 'b', 'c', 'd', 'e']) await record(id, 1)
  await recordEvents(rig.store, 'c', [{ type: ResetCounter.name, data: { counterId: 'c' } }])
  const projector = start()
  await caughtUp(projector)
  await buildShadow({
    sql: rig.sql,
    store: rig.store,
    definition: doubled,
    upTo: (await checkpoint()).position as Position,
  })
  await rig.sql.unsafe(`delete from "${live}".counters where id = 'd'`)
  await rig.sql.unsafe(`delete from "${shadow}".counters where id = 'e'`)
  const page = (after: { table: string; key: string } | null) =>
    readDifferences({ sql: rig.sql, definition: doubled, shadowSchema: shadow, after, countMax: 3 })
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
