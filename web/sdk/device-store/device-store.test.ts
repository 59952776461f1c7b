import 'fake-indexeddb/auto'
import { describe, expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { changePackRecords } from '../packs/pack-records.ts'
import { type DeviceStore, ownerFact } from './device-store.ts'
import { createMemoryDisk, openMemoryDeviceStore } from './memory-device-store.ts'
import { openDeviceStore } from './open-device-store.ts'
import type { NewOutboxRecord } from './outbox-record.ts'

let nameCount = 0
/** Each gives a device, on which any number of pages may open the store. */
const kinds: readonly [string, () => () => Promise<DeviceStore>][] = [
  [
    'in memory',
    () => {
      const disk = createMemoryDisk()
      return async () => openMemoryDeviceStore(disk)
    },
  ],
  [
    'in the database of the browser',
    () => {
      const name = `peek.test.${++nameCount}`
      return () => openDeviceStore(name)
    },
  ],
]

describe.each(kinds)('a store %s', (_kind, makeDevice) => {
  test('counts what is put without a gap, over pages and restarts', async () => {
    const open = makeDevice()
    const [one, two] = [await open(), await open()]
    const puts = Array.from({ length: 20 }, (_, index) => (index % 2 ? one : two).outbox.put(toAction(index)))
    const seqs = (await Promise.all(puts)).map(({ seq }) => seq)
    expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    one.close()
    two.close()
    expect((await (await open()).outbox.put(toAction(20))).seq).toBe(21)
  })

  test('gives a record its place, and the one before it in its lane that waits', async () => {
    const { outbox } = await makeDevice()()
    const a1 = await outbox.put(toAction(1, { lane: 'a' }))
    await outbox.put(toAction(2, { lane: 'b' }))
    const a2 = await outbox.put(toAction(3, { lane: 'a', dependsOn: [a1.id] }))
    expect(a1).not.toHaveProperty('prev')
    expect(a2).toMatchObject({ seq: 3, state: 'waiting', attempts: 0, prev: a1.id, dependsOn: [a1.id] })
    await outbox.update(a1.id, { state: 'accepted' })
    await outbox.update(a2.id, { state: 'refused' })
    expect(await outbox.put(toAction(4, { lane: 'a' }))).not.toHaveProperty('prev')
    expect(await outbox.get(a2.id)).toEqual({ ...a2, state: 'refused' })
  })

  test('E2 an id that is put again is what is there already', async () => {
    const { outbox } = await makeDevice()()
    const first = await outbox.put(toAction(1))
    await outbox.update(first.id, { state: 'sent', attempts: 1 })
    expect(await outbox.put(toAction(1, { body: '{"other":1}' }))).toMatchObject({ seq: 1, state: 'sent', body: '{}' })
    expect(await outbox.figures()).toMatchObject({ highestSeq: 1 })
  })

  test('tells what waits, what needs somebody and what has ended, each in its order', async () => {
    const { outbox } = await makeDevice()()
    const states = ['accepted', 'waiting', 'refused', 'stuck', 'changed', 'sent', 'discarded'] as const
    for (const [index, state] of states.entries()) {
      const { id } = await outbox.put(toAction(index))
      await outbox.update(id, { state })
    }
    const seqs = (records: readonly { seq: number }[]) => records.map(({ seq }) => seq)
    expect(seqs(await outbox.unfinished())).toEqual([2, 4, 6])
    expect(seqs(await outbox.refused())).toEqual([3])
    expect(seqs(await outbox.finished({ countMax: 10 }))).toEqual([7, 5, 3, 1])
    expect(seqs(await outbox.finished({ countMax: 2, before: 7 }))).toEqual([5, 3])
    expect(seqs(await outbox.after(4, 2))).toEqual([5, 6])
    expect(await outbox.figures()).toEqual({ highestSeq: 7, ackedSeq: 1, unsentCount: 3, attentionCount: 2 })
    await outbox.update(toId(2), { replacedBy: toId(99) })
    expect(await outbox.refused()).toEqual([])
  })

  test('an empty one has nothing, and has sent all of it', async () => {
    const { outbox } = await makeDevice()()
    expect(await outbox.figures()).toEqual({ highestSeq: 0, ackedSeq: 0, unsentCount: 0, attentionCount: 0 })
    expect([await outbox.unfinished(), await outbox.after(0, 9), await outbox.get(toId(1))]).toEqual([
      [],
      [],
      undefined,
    ])
    expect(await outbox.update(toId(1), { state: 'sent' })).toBeUndefined()
  })

  test('changes only what still stands as the change supposes', async () => {
    const { outbox } = await makeDevice()()
    const [one, two] = [await outbox.put(toAction(1)), await outbox.put(toAction(2))]
    await outbox.update(one.id, { state: 'sent' })
    const discard = (id: string) => ({ id, onlyIn: ['waiting'] as const, change: { state: 'discarded' } as const })
    const changed = await outbox.change([discard(one.id), discard(two.id)])
    expect(changed).toEqual([undefined, { ...two, state: 'discarded' }])
  })

  test('a decision is made once and whole: with the first change goes the rest, and what comes instead', async () => {
    const { outbox } = await makeDevice()()
    const [one, two] = [await outbox.put(toAction(1)), await outbox.put(toAction(2))]
    await outbox.update(one.id, { state: 'refused' })
    const decide = (by: number) =>
      outbox.change(
        [
          { id: one.id, onlyIn: ['refused'], change: { replacedBy: toId(by) } },
          { id: two.id, change: { words: `by ${by}` } },
        ],
        { allOrNothing: true, replacement: toAction(by, { replaces: one.id }) },
      )
    expect(await decide(7)).toMatchObject([{ replacedBy: toId(7) }, { words: 'by 7' }])
    expect(await decide(8)).toEqual([undefined, undefined])
    expect(await outbox.get(toId(7))).toMatchObject({ seq: 3, replaces: one.id })
    expect(await outbox.getMany([toId(8), two.id])).toMatchObject([{ words: 'by 7' }])
  })

  test('forgets history beyond the bounds, and never what waits or needs somebody', async () => {
    const { outbox } = await makeDevice()()
    for (let index = 0; index < 10; index++) {
      const { id } = await outbox.put(toAction(index))
      if (index === 0) await outbox.update(id, { state: 'refused', endedAt: 1 })
      else if (index > 1) await outbox.update(id, { state: 'accepted', endedAt: index })
    }
    expect(await outbox.prune({ countMax: 5, endedBefore: 6 })).toBe(4)
    expect((await outbox.finished({ countMax: 10 })).map(({ seq }) => seq)).toEqual([10, 9, 8, 7, 1])
    expect(await outbox.figures()).toMatchObject({ highestSeq: 10, ackedSeq: 1, unsentCount: 1, attentionCount: 1 })
  })

  test('does not forget what something waits for, nor what came in its place', async () => {
    const { outbox } = await makeDevice()()
    for (const index of [1, 2, 3, 4]) await outbox.put(toAction(index))
    await outbox.put(toAction(5, { dependsOn: [toId(1)] }))
    await outbox.update(toId(1), { state: 'refused', replacedBy: toId(3), endedAt: 1 })
    await outbox.update(toId(2), { state: 'discarded', endedAt: 2 })
    await outbox.update(toId(3), { state: 'discarded', endedAt: 3 })
    await outbox.update(toId(4), { state: 'accepted', endedAt: 4 })
    const seqs = async () => (await outbox.finished({ countMax: 10 })).map(({ seq }) => seq)
    const all = { countMax: 0, endedBefore: 10 }
    expect([await outbox.prune(all), await seqs()]).toEqual([2, [3, 1]])
    await outbox.update(toId(5), { state: 'accepted', endedAt: 5 })
    expect([await outbox.prune(all), await seqs()]).toEqual([3, []])
  })

  test('facts and cached rows stay over a restart', async () => {
    const open = makeDevice()
    const first = await open()
    await first.facts.set('a', { one: [1] })
    await first.facts.set('b', 2)
    await first.facts.remove('b')
    const blocks = [
      { id: '1', content: 'x' },
      { id: '2', content: 'yy' },
    ]
    await first.cache.write({ key: 'k', stamp: 'a', head: { n: 1 }, changed: blocks, removed: [] })
    first.close()
    const { facts, cache } = await open()
    expect([await facts.get('a'), await facts.get('b')]).toEqual([{ one: [1] }, undefined])
    expect(await cache.read('k')).toMatchObject({ head: { n: 1 }, blocks })
  })

  test('a fact that pages change at once is made of all their changes; a change that throws changes nothing', async () => {
    const open = makeDevice()
    const pages = await Promise.all([open(), open()])
    const add = (index: number) =>
      must(pages[index % 2], 'two pages').facts.change('sum', (before) => (typeof before === 'number' ? before : 0) + 1)
    const made = await Promise.all(Array.from({ length: 10 }, (_, index) => add(index)))
    expect(made.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    const broken = pages[0].facts.change('sum', () => {
      throw new Error('no')
    })
    expect(await broken.catch(() => 'failed')).toBe('failed')
    expect(await pages[1].facts.get('sum')).toBe(10)
  })

  test('what is given up for room is never what a pack holds at that moment', async () => {
    const { cache, facts } = await makeDevice()()
    for (const key of ['loose', 'packed', 'of the former fetch'])
      await cache.write({ key, stamp: 'a', head: {}, changed: [{ id: '1', content: key }], removed: [] })
    await changePackRecords(facts, () => ({ 'lines.Shift': { keys: ['packed'], former: ['of the former fetch'] } }))
    expect(await cache.evict(['packed', 'loose', 'of the former fetch'])).toEqual(['loose'])
    expect((await cache.heads()).map(({ key }) => key).toSorted()).toEqual(['of the former fetch', 'packed'])
    expect((await cache.read('packed'))?.blocks).toHaveLength(1)
  })

  test('cached rows are read and written for whom they are; another takes over all or nothing', async () => {
    const { cache, facts } = await makeDevice()()
    const write = (owner: string, stamp: string) =>
      cache.write({ key: 'k', stamp, head: {}, changed: [{ id: '1', content: owner }], removed: [], owner })
    expect(await write('ada', 'before anybody came')).toBe(false)
    await cache.takeOver('ada')
    expect(await write('ada', 'a')).toBe(true)
    expect(await write('bob', 'b')).toBe(false)
    expect(await Promise.all([cache.read('k', 'bob'), cache.readHead('k', 'bob')])).toEqual([undefined, undefined])
    expect(await cache.readHead('k', 'ada')).toMatchObject({ stamp: 'a' })
    const unwritable: unknown = () => 'no value'
    expect(await cache.takeOver(unwritable as string).catch(() => 'failed')).toBe('failed')
    expect(await cache.read('k', 'ada')).toMatchObject({ stamp: 'a', blocks: [{ content: 'ada' }] })
    await cache.takeOver('bob')
    expect([await cache.heads(), await facts.get(ownerFact)]).toEqual([[], 'bob'])
    expect(await write('ada', 'too late')).toBe(false)
    expect(await write('bob', 'b')).toBe(true)
    expect((await cache.read('k', 'bob'))?.blocks).toEqual([{ id: '1', content: 'bob' }])
  })

  test('a write of cached rows rewrites what it names, follows what it read, and counts what it takes', async () => {
    const { cache } = await makeDevice()()
    const write = (follows: string | null, content: string, removed: readonly string[] | 'all-others' = []) =>
      cache.write({ key: 'k', stamp: content, head: {}, changed: [{ id: content, content }], removed, follows })
    expect(await write(null, 'one')).toBe(true)
    expect(await write(null, 'two')).toBe(false)
    expect(await write('one', 'three')).toBe(true)
    expect(await cache.readHead('k')).toEqual({ stamp: 'three', head: {}, bytes: 2 + 8 })
    expect((await cache.read('k'))?.blocks.map(({ id }) => id).toSorted()).toEqual(['one', 'three'])
    expect(await cache.usedBytes()).toBe(2 + 8)
    await write('three', 'four', 'all-others')
    expect(await cache.usedBytes()).toBe(2 + 4)
    await cache.write({ key: 'kk', stamp: 'a', head: {}, changed: [], removed: [] })
    await cache.remove(['k'])
    expect((await cache.heads()).map(({ key }) => key)).toEqual(['kk'])
    expect(await cache.read('k')).toBeUndefined()
  })

  test('rows that were removed and written anew are others: nobody goes on from those that were there', async () => {
    const open = makeDevice()
    const [one, two] = [(await open()).cache, (await open()).cache]
    const write = (stamp: string, follows: string | null) => ({
      ...{ key: 'k', stamp, head: stamp, changed: [{ id: '1', content: stamp }], removed: [], follows },
    })
    await one.write(write('one/1', null))
    await two.remove(['k'])
    await two.write(write('two/1', null))
    expect(await one.write(write('one/2', 'one/1'))).toBe(false)
    expect(await one.read('k')).toMatchObject({ head: 'two/1', blocks: [{ id: '1', content: 'two/1' }] })
  })

  test('a page that has closed it gets nothing any more, and no other page is concerned', async () => {
    const open = makeDevice()
    const [one, two] = [await open(), await open()]
    one.close()
    expect(one.outbox.put(toAction(1))).rejects.toMatchObject({ kind: 'unavailable' })
    expect(one.outbox.figures()).rejects.toMatchObject({ kind: 'unavailable' })
    expect((await two.outbox.put(toAction(1))).seq).toBe(1)
  })
})

function toId(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
}

function toAction(index: number, more: Partial<NewOutboxRecord> = {}): NewOutboxRecord {
  const texts = { name: 'test.DoIt', body: '{}', lane: 'a', entityId: 'a', title: 'Do it', build: '1', user: 'ada' }
  return { id: toId(index), version: 1, dependsOn: [], at: 0, ...texts, ...more }
}
