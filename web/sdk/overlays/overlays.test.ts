import { afterEach, expect, test } from 'bun:test'
import { createEffect, createRoot } from 'solid-js'
import { createFakeClock } from '#kernel/clock.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import type { ActionLike } from '../action-ledger.ts'
import { createPeek } from '../create-peek.ts'
import { createFakeBrowser } from '../testing/fake-browser.ts'
import { createFakeService, toFakePosition } from '../testing/fake-service.ts'
import { inPage } from '../testing/in-page.ts'
import { settle } from '../testing/settle.ts'
import { useAction } from '../use-action.ts'
import { useObservable } from '../use-observable.ts'
import { defineExpectation } from './define-expectation.ts'

const Word = defineTuple('tutorial.Word', { id: text(), word: text(), count: integer() })
const AddCount: ActionLike<{ readonly wordId: string; readonly offset: number }> = {
  name: 'tutorial.AddCount',
  version: 1,
  entity: ({ wordId }) => ['Word', wordId],
  title: () => 'Add',
}
defineExpectation(AddCount, {
  on: Word,
  row: ({ wordId }) => wordId,
  apply: (row, { offset }) => ({ ...row, count: row.count + offset }),
})
const apple = { id: 'a', word: 'apple', count: 1 }
const disposers: (() => void)[] = []
afterEach(() => {
  for (const dispose of disposers.splice(0).reverse()) dispose()
})

test('an effect is seen at once, and the patch that names the action replaces it without a step back', async () => {
  const { service, words, add, counts } = await setUp()
  void add.push({ wordId: 'a', offset: 5 })
  expect(words.rows[0]?.count).toBe(6)
  await settle()
  const id = service.acts[0]?.id ?? ''
  service.patch({ set: [{ ...apple, count: 6 }], acts: [id] })
  service.answer(id, { outcome: 'accepted', position: toFakePosition(1) })
  await settle()
  expect(words.rows[0]?.count).toBe(6)
  expect(new Set(counts)).toEqual(new Set([1, 6]))
  expect(counts.lastIndexOf(1)).toBe(0)
})

test('an effect that was refused is taken back', async () => {
  const { service, words, add } = await setUp()
  void add.push({ wordId: 'a', offset: 5 })
  await settle()
  service.answer(service.acts[0]?.id ?? '', { outcome: 'rejected', kind: 'no', words: 'No.', position: 'p' })
  await settle()
  expect(words.rows[0]?.count).toBe(1)
})

test('what others change meanwhile is seen under the effect', async () => {
  const { service, words, add } = await setUp()
  void add.push({ wordId: 'a', offset: 5 })
  void add.push({ wordId: 'a', offset: 10 })
  await settle()
  service.patch({ set: [{ ...apple, word: 'apricot', count: 2 }] })
  await settle()
  expect(words.rows[0]).toMatchObject({ word: 'apricot', count: 17 })
  service.patch({ set: [{ ...apple, count: 7 }], acts: [service.acts[0]?.id ?? ''] })
  await settle()
  expect(words.rows[0]?.count).toBe(17)
})

test('an accepted effect goes when the rows have passed its position, and not before, however long that takes', async () => {
  const { service, clock, words, add } = await setUp()
  void add.push({ wordId: 'a', offset: 5 })
  void add.push({ wordId: 'a', offset: 10 })
  await settle()
  service.answer(service.acts[0]?.id ?? '', { outcome: 'accepted', position: toFakePosition(1) })
  service.answer(service.acts[1]?.id ?? '', { outcome: 'accepted', position: toFakePosition(9) })
  await settle()
  expect(words.rows[0]?.count).toBe(16)
  service.patch({ set: [] })
  await settle()
  expect(words.rows[0]?.count).toBe(11)
  clock.advance(86_400_000)
  expect(words.rows[0]?.count).toBe(11)
  for (let version = 2; version <= 9; version++) service.patch({ set: [] })
  await settle()
  expect(words.rows[0]?.count).toBe(1)
})

async function setUp() {
  const clock = createFakeClock(1_000_000)
  const service = createFakeService()
  service.rows = [apple]
  const peek = createPeek({ app: 'field', surroundings: createFakeBrowser(service, clock).openTab() })
  const page = inPage(peek, () => ({
    words: useObservable(Word, () => ({})),
    add: useAction(AddCount),
  }))
  disposers.push(peek.close, page.dispose)
  await settle()
  const { words, add } = page.result
  const counts: (number | undefined)[] = []
  createRoot((dispose) => {
    disposers.push(dispose)
    createEffect(() => counts.push(words.rows[0]?.count))
  })
  return { clock, service, words, add, counts }
}
