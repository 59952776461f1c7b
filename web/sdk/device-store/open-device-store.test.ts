import 'fake-indexeddb/auto'
import { expect, test } from 'bun:test'
import { openDB } from 'idb'
import { DeviceFull } from './device-store.ts'
import { createLateStore } from './late-store.ts'
import { createMemoryDeviceStore } from './memory-device-store.ts'
import { openDeviceStore } from './open-device-store.ts'
import type { NewOutboxRecord } from './outbox-record.ts'
import { readStorageLife } from './storage-life.ts'

let nameCount = 0
const makeName = () => `peek.open-test.${++nameCount}`
const makeUuid = () => `00000000-0000-4000-8000-${String(++nameCount).padStart(12, '0')}`

test('a page that stands in the way of a newer layout lets go at once, and says so', async () => {
  const name = makeName()
  const store = await openDeviceStore(name)
  const kept = await store.outbox.put(toAction())
  const words: string[] = []
  store.onClosed((said) => words.push(said))
  const newer = await openDB(name, 99)
  expect(words).toHaveLength(1)
  expect(words[0]).toContain('reload')
  expect(store.outbox.put(toAction())).rejects.toMatchObject({ kind: 'unavailable' })
  expect(await newer.get('outbox', kept.seq)).toMatchObject({ id: kept.id })
  store.onClosed((said) => words.push(said))
  expect(words).toHaveLength(2)
  newer.close()
})

test('a page of an older app than the one that was here gets no store, not even a spare one', async () => {
  const name = makeName()
  ;(await openDB(name, 99)).close()
  expect(openDeviceStore(name)).rejects.toMatchObject({ kind: 'schema-unknown' })
  const late = createLateStore(() => openDeviceStore(name), createMemoryDeviceStore)
  const words: string[] = []
  late.onClosed((said) => words.push(said))
  expect(late.outbox.put(toAction())).rejects.toMatchObject({ kind: 'schema-unknown' })
  await late.opened().catch(() => undefined)
  expect(words[0]).toContain('newer version')
})

test('where the browser keeps nothing there is a store for as long as the page lives, and it says that', async () => {
  const late = createLateStore(() => Promise.reject(new Error('storage is switched off')), createMemoryDeviceStore)
  const putting = late.outbox.put(toAction())
  expect(await late.opened()).toMatchObject({ isDurable: false, words: expect.stringContaining('switched off') })
  expect((await putting).seq).toBe(1)
  late.close()
  expect(late.outbox.figures()).rejects.toMatchObject({ kind: 'unavailable' })
})

test('rows of a build that kept them in another way are not there, can be told to go, and are written over', async () => {
  const name = makeName()
  ;(await openDeviceStore(name)).close()
  const earlier = await openDB(name)
  await earlier.put('heads', { head: { usedAt: 1 }, revision: 3, bytes: 7, sizes: { 1: 1, 2: 1 } }, 'rows')
  for (const id of ['1', '2']) await earlier.put('blocks', { entry: 'rows', id, content: 'x' })
  earlier.close()
  const { cache } = await openDeviceStore(name)
  expect([await cache.read('rows'), await cache.readHead('rows')]).toEqual([undefined, undefined])
  expect(await cache.heads()).toEqual([{ key: 'rows', head: { usedAt: 1 }, bytes: 7 }])
  const changed = [{ id: '2', content: 'new' }]
  expect(await cache.write({ key: 'rows', stamp: 'a', head: 1, changed, removed: [], follows: null })).toBe(true)
  expect(await cache.read('rows')).toEqual({ stamp: 'a', head: 1, bytes: 4, blocks: changed })
})

test('a full device refuses, counts nothing that it refused, and first gives up what can be fetched again', async () => {
  const store = await openDeviceStore(makeName())
  await store.outbox.put(toAction())
  await store.cache.write({
    key: 'rows',
    stamp: 'a',
    head: { usedAt: 1 },
    changed: [{ id: '1', content: 'x' }],
    removed: [],
  })
  const stopFailing = failFor(() => true)
  expect(await store.outbox.put(toAction()).catch((error: unknown) => error)).toBeInstanceOf(DeviceFull)
  stopFailing()
  expect(await store.cache.heads()).toEqual([])
  expect(await store.outbox.figures()).toMatchObject({ highestSeq: 1, unsentCount: 1 })
  expect((await store.outbox.put(toAction())).seq).toBe(2)
})

test('one that is too much for the device takes no other with it', async () => {
  const store = await openDeviceStore(makeName())
  const isLarge = (value: unknown) =>
    typeof value === 'object' && value !== null && 'title' in value && value.title === 'Large'
  const stopFailing = failFor(isLarge)
  const puts = await Promise.allSettled(
    ['Small', 'Large', 'Small'].map((title) => store.outbox.put(toAction({ title }))),
  )
  stopFailing()
  expect(puts.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect((await store.outbox.unfinished()).map(({ seq, title }) => [seq, title])).toEqual([
    [1, 'Small'],
    [2, 'Small'],
  ])
})

test('that the browser took everything away is noticed by a mark in another place', async () => {
  const texts = new Map<string, string>()
  const kept = () => ({
    getItem: (key: string) => texts.get(key) ?? null,
    setItem: (key: string, text: string) => void texts.set(key, text),
  })
  const read = async (name: string, now: number) =>
    readStorageLife({ name: 'peek.field.', store: await openDeviceStore(name), kept, makeUuid, now })
  const [first, second] = [makeName(), makeName()]
  const life = await read(first, 1)
  expect(life).toEqual({ id: life?.id ?? '', since: 1 })
  expect(await read(first, 2)).toEqual(life)
  // The same app, and its database is another one.
  expect(await read(second, 3)).toMatchObject({ since: 3, lostAt: 3 })
})

/** The browser has no room for values like this one. */
function failFor(isTooMuch: (value: unknown) => boolean): () => void {
  const { add, put } = IDBObjectStore.prototype
  const guard = (write: typeof add) =>
    function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
      if (isTooMuch(value)) throw new DOMException('There is no room.', 'QuotaExceededError')
      return write.call(this, value, key)
    }
  IDBObjectStore.prototype.add = guard(add)
  IDBObjectStore.prototype.put = guard(put)
  return () => Object.assign(IDBObjectStore.prototype, { add, put })
}

function toAction(more: Partial<NewOutboxRecord> = {}): NewOutboxRecord {
  const texts = { name: 'test.DoIt', body: '{}', lane: 'a', entityId: 'a', title: 'Do it', build: '1', user: 'ada' }
  return { id: makeUuid(), version: 1, dependsOn: [], at: 0, ...texts, ...more }
}
