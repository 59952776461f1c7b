import { afterEach, expect, test } from 'bun:test'
import { loadedUpcasters } from '#event-store/upcast.ts'
import { must } from '#kernel/assert.ts'
import { logStart } from '#kernel/position.ts'
import { counter } from '#testing/counter.ts'
import { added, recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { loadEntityThen } from './entity-past.ts'

const deciders = [{ plugin: 'test', decider: counter }]
const stream = 'test.Counter-a'
let forget = (): void => undefined
afterEach(() => forget())

test('an entity at every one of its moments is its events until then, folded', async () => {
  const store = createMemoryEventStore()
  const amounts = Array.from({ length: 1_203 }, (_, index) => index % 7)
  await recordEvents(
    store,
    'a',
    amounts.map((amount) => added('a', amount)),
  )
  await recordEvents(store, 'b', [added('b', 100)])
  for (const revision of [0, 1, 999, 1_000, 1_202]) {
    const sum = amounts.slice(0, revision + 1).reduce((total, amount) => total + amount, 0)
    const { position } = must(store.streamOf(stream)[revision], 'recorded')
    const wanted = { revision, lastRevision: 1_202, position, state: { sum, fillCount: 0 }, hasDecider: true }
    expect(await loadEntityThen(store, deciders, stream, { revision })).toMatchObject(wanted)
    expect(await loadEntityThen(store, deciders, stream, { position })).toMatchObject(wanted)
  }
  const before = await loadEntityThen(store, deciders, stream, { position: logStart })
  expect(before).toMatchObject({ revision: -1, position: null, state: { sum: 0 } })
})

test('an entity that nobody folds has its events', async () => {
  const store = createMemoryEventStore()
  await recordEvents(store, 'a', [added('a', 1)])
  expect(await loadEntityThen(store, [], stream, { revision: 5 })).toMatchObject({ state: null, hasDecider: false })
})

test('an event of an unknown version is named, and the rest is folded', async () => {
  forget = loadedUpcasters.add({ type: 'test.AddToCounter', version: 1, upcasts: [] })
  const store = createMemoryEventStore()
  await recordEvents(store, 'a', [added('a', 1), { ...added('a', 2), version: 9 }, added('a', 4)])
  const then = await loadEntityThen(store, deciders, stream, { revision: 2 })
  expect(then.unreadable).toMatchObject({ revision: 1, type: 'test.AddToCounter' })
  expect(then.state).toMatchObject({ sum: 5 })
})

test('what is no entity, or was never there, is said', async () => {
  const store = createMemoryEventStore()
  await expect(loadEntityThen(store, deciders, 'changes-test.x', { revision: 0 })).rejects.toThrow('no entity')
  await expect(loadEntityThen(store, deciders, 'test.Counter-z', { revision: 0 })).rejects.toThrow('no event')
})
