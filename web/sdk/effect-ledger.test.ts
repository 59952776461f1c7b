import { afterEach, describe, expect, test } from 'bun:test'
import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import type { ActionEffect } from '#vortex/protocol/action-effect.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import type { ActionLike } from './action-ledger.ts'
import { createPeek } from './create-peek.ts'
import { defineExpectation } from './overlays/define-expectation.ts'
import { createFakeBrowser } from './testing/fake-browser.ts'
import { createFakeService, toFakePosition } from './testing/fake-service.ts'
import { inPage } from './testing/in-page.ts'
import { settle } from './testing/settle.ts'
import { useAction } from './use-action.ts'
import { useObservable } from './use-observable.ts'

const Word = defineTuple('tutorial.Word', { id: text(), word: text(), count: integer() })
const AddCount: ActionLike<{ readonly wordId: string; readonly offset: number }> = {
  name: 'tutorial.AddCount',
  version: 1,
  entity: ({ wordId }) => ['Word', wordId],
  title: ({ offset }) => `Add ${offset}`,
}
defineExpectation(AddCount, {
  on: Word,
  row: ({ wordId }) => wordId,
  apply: (row, { offset }) => ({ ...row, count: row.count + offset }),
})
const apple = { id: 'a', word: 'apple', count: 1 }
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end()
})

const delayed: ActionEffect = {
  actionId: '',
  projection: 'tutorial.words',
  on: ['tutorial.Word'],
  state: 'delayed',
  words: '',
  type: 'tutorial.CountAdded',
  stream: 'tutorial.Word-a',
  position: toFakePosition(5),
  since: 7,
}

describe('seam 8 an action whose effect is delayed', () => {
  test('is neither done nor on its way: what was expected of it leaves the screen at once, whichever word comes first', async () => {
    for (const isAnswerFirst of [true, false]) {
      const { service, add, counts, words } = await setUp()
      void add.push({ wordId: 'a', offset: 5 })
      await settle()
      const id = service.acts[0]?.id ?? ''
      const answer = () => service.answer(id, { outcome: 'accepted', position: toFakePosition(5) })
      if (isAnswerFirst) answer()
      await settle()
      expect(words.rows[0]?.count).toBe(6)
      tell(service, [{ ...delayed, actionId: id }])
      if (!isAnswerFirst) answer()
      await settle()
      expect(words.rows[0]?.count).toBe(1)
      expect(add.pending()).toEqual([])
      expect(add.effects('a')).toMatchObject([{ id, title: 'Add 5', name: 'tutorial.AddCount', state: 'delayed' }])
      expect(add.effects('b')).toEqual([])
      expect(counts()).toBe(1)
    }
  })

  test('keeps what is expected of it where another read model is concerned', async () => {
    const { service, add, words } = await setUp()
    void add.push({ wordId: 'a', offset: 5 })
    await settle()
    tell(service, [{ ...delayed, actionId: service.acts[0]?.id ?? '', on: ['tutorial.Other'] }])
    expect(words.rows[0]?.count).toBe(6)
  })

  test('is told to be in place for a moment, then forgotten, once every read model has it', async () => {
    const { service, clock, peek } = await setUp()
    const other = { ...delayed, actionId: 'a1', projection: 'tutorial.others' }
    tell(service, [{ ...delayed, actionId: 'a1' }, other])
    tell(service, [{ ...delayed, actionId: 'a1', state: 'effective' }])
    expect(states(peek)).toEqual(['delayed'])
    tell(service, [{ ...other, state: 'effective' }])
    expect(states(peek)).toEqual(['effective'])
    clock.advance(10_000)
    expect(states(peek)).toEqual([])
  })

  test('that is left out says why, until somebody has seen it off; one that is delayed stays', async () => {
    const { service, peek } = await setUp()
    tell(service, [{ ...delayed, actionId: 'a1' }])
    peek.effects.dismiss('a1')
    expect(states(peek)).toEqual(['delayed'])
    tell(service, [{ ...delayed, actionId: 'a1', state: 'skipped', words: 'a test drive' }])
    expect(plain(peek)).toMatchObject([{ state: 'skipped', words: 'a test drive', title: 'Count added' }])
    peek.effects.dismiss('a1')
    expect(states(peek)).toEqual([])
  })
})

describe('seam 8 whoever was away', () => {
  test('asks when the connection is there, and learns what is delayed of this device', async () => {
    const service = createFakeService()
    service.effects = [{ ...delayed, actionId: 'a1' }]
    const { peek } = await setUp(service)
    expect(service.effectsAsked).toEqual(['{"known":[]}'])
    expect(plain(peek)).toMatchObject([{ id: 'a1', entityId: 'a', title: 'Count added', since: 7 }])
  })

  test('knows after a reload what it knew, by its title, and asks what became of it', async () => {
    const first = await setUp()
    void first.add.push({ wordId: 'a', offset: 5 })
    await settle()
    const id = first.service.acts[0]?.id ?? ''
    tell(first.service, [{ ...delayed, actionId: id }])
    first.end()
    first.service.effects = [{ ...delayed, actionId: id, state: 'skipped', words: 'a test drive' }]
    const again = createPeek({ app: 'field', surroundings: first.browser.openTab() })
    ends.push(again.close)
    expect(plain(again)).toMatchObject([{ id, title: 'Add 5', state: 'delayed' }])
    await settle()
    first.clock.advance(0)
    await settle()
    expect(plain(again)).toMatchObject([{ id, title: 'Add 5', state: 'skipped', words: 'a test drive' }])
    const asked = { actionId: id, projection: 'tutorial.words', position: delayed.position }
    expect(JSON.parse(first.service.effectsAsked.at(-1) ?? '')).toEqual({ known: [asked] })
  })

  test('asks again after a reconnect, when told to, and now and then while something is delayed, at its own time', async () => {
    const { service, clock, peek } = await setUp()
    service.effects = [{ ...delayed, actionId: 'a1' }]
    const count = () => service.effectsAsked.length
    service.say({ k: 'effects', ask: true }, '[]')
    service.say({ k: 'effects', ask: true }, '[]')
    expect(count()).toBe(1)
    clock.advance(5_000)
    await settle()
    expect([count(), ...states(peek)]).toEqual([2, 'delayed'])
    pass(service, clock, 60_000)
    await settle()
    expect(count()).toBe(3)
    service.drop()
    clock.advance(1_000)
    await settle()
    expect(count()).toBe(3)
    service.effects = [{ ...delayed, actionId: 'a1', state: 'effective' }]
    clock.advance(5_000)
    await settle()
    expect([count(), ...states(peek)]).toEqual([4, 'effective'])
    pass(service, clock, 120_000)
    await settle()
    expect(count()).toBe(4)
  })

  test('V1 does not ask a service that knows nothing of effects', async () => {
    const service = createFakeService()
    service.version = 1
    const { clock } = await setUp(service)
    pass(service, clock, 60_000)
    await settle()
    expect(service.effectsAsked).toEqual([])
  })
})

test('seam 8 all tabs hear what became of an action, over the one connection', async () => {
  const { service, browser, peek } = await setUp()
  const other = createPeek({ app: 'field', surroundings: browser.openTab() })
  ends.push(other.close)
  await settle()
  expect(service.connectionCount).toBe(1)
  tell(service, [{ ...delayed, actionId: 'a1' }])
  await settle()
  expect([states(peek), states(other)]).toEqual([['delayed'], ['delayed']])
})

const states = ({ effects }: { effects: { list(): readonly { state: string }[] } }) =>
  effects.list().map(({ state }) => state)
const plain = ({ effects }: { effects: { list(): readonly object[] } }) =>
  effects.list().map((effect) => ({ ...effect }))
/** Time passes with the service beating, so that nobody takes it for lost. */
function pass(service: ReturnType<typeof createFakeService>, clock: FakeClock, ms: number): void {
  for (let passed = 0; passed < ms; passed += 5_000) {
    service.say({ k: 'beat' })
    clock.advance(5_000)
  }
}
const tell = (service: ReturnType<typeof createFakeService>, effects: readonly ActionEffect[]) =>
  service.say({ k: 'effects', ask: false }, JSON.stringify(effects))

async function setUp(service = createFakeService()) {
  const clock = createFakeClock(1_000_000)
  service.rows = [apple]
  const browser = createFakeBrowser(service, clock)
  const peek = createPeek({ app: 'field', surroundings: browser.openTab() })
  const page = inPage(peek, () => ({
    words: useObservable(Word, () => ({})),
    add: useAction(AddCount),
  }))
  const end = () => {
    page.dispose()
    peek.close()
  }
  ends.push(end)
  await settle()
  clock.advance(0)
  await settle()
  const { words, add } = page.result
  return { service, clock, browser, peek, words, add, end, counts: () => words.rows[0]?.count }
}
