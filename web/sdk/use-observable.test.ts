import { afterEach, describe, expect, test } from 'bun:test'
import { createEffect, createRoot, createSignal } from 'solid-js'
import { createFakeClock } from '#kernel/clock.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import { createPeek } from './create-peek.ts'
import { createFakeBrowser } from './testing/fake-browser.ts'
import { createFakeService } from './testing/fake-service.ts'
import { inPage } from './testing/in-page.ts'
import { settle } from './testing/settle.ts'
import { useObservable } from './use-observable.ts'

const Word = defineTuple('tutorial.Word', { id: text(), word: text(), count: integer() })
const [a, b, c] = [
  { id: 'a', word: 'apple', count: 1 },
  { id: 'b', word: 'berry', count: 2 },
  { id: 'c', word: 'cherry', count: 3 },
]
const disposers: (() => void)[] = []
afterEach(() => {
  for (const dispose of disposers.splice(0)) dispose()
})

describe('rows', () => {
  test('O2 come sorted, and patches keep them so', async () => {
    const { service, watch } = setUp()
    service.rows = [c, a]
    const words = watch()
    expect(words.state()).toBe('loading')
    await settle()
    expect(words.rows.map(({ id }) => id)).toEqual(['a', 'c'])
    service.patch({ set: [b, { ...a, word: 'zucchini' }], del: ['c'] })
    await settle()
    expect(words.rows.map(({ word }) => word)).toEqual(['berry', 'zucchini'])
    expect(words.state()).toBe('live')
  })

  test('a changed row keeps its object, and only what changed is drawn again', async () => {
    const { service, watch } = setUp()
    service.rows = [a, b]
    const words = watch()
    await settle()
    const drawn: string[] = []
    const [first, second] = words.rows
    effect(() => drawn.push(`a.count ${first?.count}`))
    effect(() => drawn.push(`a.word ${first?.word}`))
    effect(() => drawn.push(`b.count ${second?.count}`))
    drawn.length = 0
    service.patch({ set: [{ ...a, count: 5 }, { ...b }] })
    await settle()
    expect(drawn).toEqual(['a.count 5'])
    service.patch({ set: [{ ...a, word: 'zucchini', count: 5 }] })
    await settle()
    expect(drawn).toEqual(['a.count 5', 'a.word zucchini'])
    expect(words.rows[1]).toBe(first)
    expect(words.rows[0]).toBe(second)
  })

  test('O2 a snapshot after a reconnect is a patch: no empty moment, deletions included', async () => {
    const { service, clock, watch } = setUp()
    service.rows = [a, b]
    const words = watch()
    await settle()
    const kept = words.rows[1]
    const lengths: number[] = []
    effect(() => lengths.push(words.rows.length))
    service.drop()
    expect(words.state()).toBe('stale')
    expect(words.asOf()).toBe(clock.now())
    service.rows = [{ ...b, count: 9 }, c]
    clock.advance(250)
    await settle()
    expect(words.state()).toBe('live')
    expect(words.rows.map(({ id, count }) => `${id}${count}`)).toEqual(['b9', 'c3'])
    expect(words.rows[0]).toBe(kept)
    expect(lengths).toEqual([2])
  })

  test('rows are as of when the server was heard last, not of when the loss of it was noticed', async () => {
    const { service, clock, watch } = setUp()
    service.rows = [a]
    const words = watch()
    await settle()
    const heardAt = clock.now()
    clock.advance(900)
    service.drop()
    expect(words.state()).toBe('stale')
    expect(words.asOf()).toBe(heardAt)
  })

  test('one patch is one change of the screen, however many rows it holds', async () => {
    const { service, watch } = setUp()
    const words = watch()
    await settle()
    const seen: string[] = []
    effect(() => seen.push(words.rows.map(({ id }) => id).join('')))
    service.patch({ set: [c, b, a] })
    await settle()
    expect(seen).toEqual(['', 'abc'])
  })

  test('a row set twice in one patch has its last value', async () => {
    const { service, watch } = setUp()
    const words = watch()
    await settle()
    service.patch({ set: [a, { ...a, word: 'zucchini' }, b] })
    await settle()
    expect(words.rows.map(({ word }) => word)).toEqual(['berry', 'zucchini'])
  })
})

test('rows that are kept are gone from the screen when somebody else is here, before the server has rows for them', async () => {
  const { service, clock, watch } = setUp()
  service.rows = [a]
  const words = watch(() => ({}), { keep: true })
  await settle()
  expect(words.rows.map(({ id }) => id)).toEqual(['a'])
  service.roles = ['planner']
  service.isSilentAbout = Word.name
  service.drop()
  clock.advance(250)
  await settle()
  expect(service.hellos).toHaveLength(2)
  expect([words.rows.length, words.state(), words.asOf()]).toEqual([0, 'loading', undefined])
  service.isSilentAbout = undefined
  service.rows = [b]
  service.drop()
  clock.advance(1_000)
  await settle()
  expect([words.rows.map(({ id }) => id), words.state()]).toEqual([['b'], 'live'])
})

describe('observations', () => {
  test('components with the same selector share one, which lingers a moment', async () => {
    const { service, clock, watch } = setUp()
    watch()
    watch()
    await settle()
    expect(service.observes).toHaveLength(1)
    for (const dispose of disposers.splice(-2)) dispose()
    const again = watch()
    expect(again.state()).toBe('live')
    expect(service.observes).toHaveLength(1)
    disposers.pop()?.()
    clock.advance(5_000)
    watch()
    await settle()
    expect(service.observes).toHaveLength(2)
  })

  test('follow their selector; without one nothing is watched', async () => {
    const { service, watch } = setUp()
    const [pick, setPick] = createSignal<Selector | undefined>(undefined)
    const words = watch(pick)
    await settle()
    expect(words.state()).toBe('loading')
    expect(service.observes).toHaveLength(0)
    setPick({ count: 1 })
    setPick({ count: 1 })
    await settle()
    expect(service.observes.map(({ selector }) => selector)).toEqual([{ count: 1 }])
    setPick({ count: 2 })
    await settle()
    expect(service.observes).toHaveLength(2)
  })

  test('what is refused says so', async () => {
    const { service, watch } = setUp()
    const words = watch()
    await settle()
    service.say({ k: 'trouble', obs: 1, error: { kind: 'forbidden', words: 'Not for you.' }, final: true })
    expect(words.state()).toBe('refused')
    expect(words.error()).toEqual({ kind: 'forbidden', words: 'Not for you.' })
  })

  test('rows are stale while the service cannot reach logic', async () => {
    const { service, watch } = setUp()
    const words = watch()
    await settle()
    service.say({ k: 'upstream', online: false, words: 'Logic is away.' })
    expect(words.state()).toBe('stale')
    service.say({ k: 'upstream', online: true, words: '' })
    expect(words.state()).toBe('live')
  })
})

test('a component without a connection is told what is missing', () => {
  expect(() => createRoot(() => useObservable(Word, () => ({})))).toThrow('wanted <PeekProvider')
})

function setUp() {
  const clock = createFakeClock(1_000_000)
  const service = createFakeService()
  const peek = createPeek({ app: 'field', surroundings: createFakeBrowser(service, clock).openTab() })
  disposers.push(peek.close)
  const watch = (selector: () => Selector | undefined = () => ({}), options: { readonly keep?: boolean } = {}) => {
    const { result, dispose } = inPage(peek, () => useObservable(Word, selector, options))
    disposers.push(dispose)
    return result
  }
  return { clock, service, watch }
}

function effect(work: () => unknown): void {
  createRoot((dispose) => {
    disposers.push(dispose)
    createEffect(() => void work())
  })
}
