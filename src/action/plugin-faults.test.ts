import { describe, expect, test } from 'bun:test'
import { loadedUpcasters } from '#event-store/upcast.ts'
import {
  AddToCounter,
  BreakCounter,
  counter,
  counterRequest,
  createCounterRunner,
  requestOf,
} from '#testing/counter.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { text } from '#vortex/protocol/fields.ts'
import { createActionRegistry } from './action-registry.ts'
import { accept, type Decider, decideOn, defineDecider, evolveOn, fact } from './decider.ts'
import { defineAction, defineEvent } from './define-action.ts'

describe('a plugin with a bug', () => {
  test('whose decider throws has that action refused, and the others go on', async () => {
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store })
    const broken = requestOf(BreakCounter.name, { counterId: 'c1' })
    const answers = await Promise.all([counterRequest(), broken, counterRequest()].map(runner.run))
    expect(answers.map(({ outcome }) => outcome)).toEqual(['accepted', 'rejected', 'accepted'])
    expect(answers[1]).toMatchObject({ kind: 'plugin-failed' })
    expect(store.streamOf('refusals-test.Counter-c1')).toMatchObject([{ data: { kind: 'plugin-failed' } }])
  })

  const Foreign = defineEvent('other.Happened', { version: 1, fields: {} })
  const Noted = defineEvent('test.Noted', { version: 1, fields: { words: text({ lengthMax: 3 }) } })
  test.each([
    ['E5 that records a fact of another plugin', deciderOf(() => accept(fact(Foreign, {})))],
    ['whose fact does not fit its definition', deciderOf(() => accept(fact(Noted, { words: 'too long' })))],
    ['whose evolve throws', deciderOf(() => accept(), [evolveOn(AddToCounter, throwing)])],
    ['whose decide forgets to answer', deciderOf(() => undefined as never)],
  ])('%s has that action refused, and nothing recorded of it', async (_, decider) => {
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store, deciders: [decider] })
    expect(await runner.run(counterRequest())).toMatchObject({ outcome: 'rejected', kind: 'plugin-failed' })
    expect(store.log.map(({ type }) => type)).toEqual(['peek.ActionRefused'])
  })

  const Lost = defineAction('test.Lose', { version: 1, fields: {}, entity: () => ['Other', 'x'], title: () => '' })
  test('E5 whose action names another category than its decider has it refused', async () => {
    const store = createMemoryEventStore()
    const decider = defineDecider({ ...deciderOf(() => accept()), decide: [decideOn(Lost, () => accept())] })
    const runner = createCounterRunner({ store, deciders: [decider] })
    expect(await runner.run(requestOf('test.Lose', {}))).toMatchObject({ outcome: 'rejected' })
    expect(store.log.map(({ stream }) => stream)).toEqual(['refusals-test.Stray-tablet-1'])
  })
})

describe('E5 a plugin decides its own only', () => {
  const bad = (words: string) => expect.objectContaining({ kind: 'bad-definition', message: words })
  const register = (plugin: string, ...deciders: Decider<unknown>[]) => {
    const registry = createActionRegistry()
    for (const decider of deciders) registry.register(plugin, decider)
  }
  test('actions under its own name', () => {
    const words = 'Plugin "other" decides "test.AddToCounter": its actions start with "other.".'
    expect(() => register('other', counter)).toThrow(bad(words))
  })
  test('each action and each category once', () => {
    expect(() => register('test', counter, counter)).toThrow('Category "test.Counter" has two deciders')
    const again = { ...counter, category: 'Other' }
    expect(() => register('test', counter, again)).toThrow('Action "test.AddToCounter" has two deciders')
  })
  test('categories that can name a stream, and not the platform’s own', () => {
    for (const category of ['lower', 'With-Dash', 'Stray', ''])
      expect(() => register('test', { ...counter, category })).toThrow(`the category "${category}"`)
  })
})

describe('E6 older events are brought to today’s version', () => {
  test('when an entity is folded', async () => {
    const forget = loadedUpcasters.add({
      type: AddToCounter.name,
      version: 2,
      upcasts: [({ add, ...data }) => ({ ...data, amount: add ?? null })],
    })
    const store = createMemoryEventStore()
    const old = { id: crypto.randomUUID(), type: AddToCounter.name, data: { add: 5 }, metadata: { schemaVersion: 1 } }
    await store.append('test.Counter-c1', [old], 'no-stream')
    const runner = createCounterRunner({ store })
    expect(await runner.run(counterRequest({ fields: { amount: -6 } }))).toMatchObject({ words: '-1 is below zero.' })
    forget()
  })

  test('one of a newer version leaves its entity alone: "send again", to a newer build', async () => {
    const forget = loadedUpcasters.add({ type: AddToCounter.name, version: 1, upcasts: [] })
    const store = createMemoryEventStore()
    const newer = { id: crypto.randomUUID(), type: AddToCounter.name, data: {}, metadata: { schemaVersion: 2 } }
    await store.append('test.Counter-c1', [newer], 'no-stream')
    const runner = createCounterRunner({ store })
    expect(await runner.run(counterRequest())).toMatchObject({ outcome: 'failed', kind: 'unavailable' })
    expect(await runner.run(counterRequest({ fields: { counterId: 'c2' } }))).toMatchObject({ outcome: 'accepted' })
    forget()
  })
})

function deciderOf(decide: () => ReturnType<typeof accept>, evolve: Decider<object>['evolve'] = []): Decider<unknown> {
  return defineDecider<object>({
    category: 'Counter',
    initialState: () => ({}),
    decide: [decideOn(AddToCounter, decide)],
    evolve,
  })
}

function throwing(): never {
  throw new Error('a bug of evolve')
}
