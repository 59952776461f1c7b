import { afterEach, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { earlier } from '#vortex/protocol/earlier-versions.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import type { ActionLike } from '../action-ledger.ts'
import { createPeek } from '../create-peek.ts'
import { createFakeBrowser } from '../testing/fake-browser.ts'
import { createFakeService } from '../testing/fake-service.ts'
import { inPage } from '../testing/in-page.ts'
import { settle } from '../testing/settle.ts'
import { useAction } from '../use-action.ts'
import { useMarks } from '../use-marks.ts'
import { useObservable } from '../use-observable.ts'
import { defineExpectation } from './define-expectation.ts'
import { fieldsFor } from './expectations.ts'

const Word = defineTuple('expecting.Word', { id: text(), word: text(), count: integer() })
type Added = { readonly wordId: string; readonly word: string }
const ofWord = ({ wordId }: { readonly wordId: string }) => wordId
const toAction = <Values extends { readonly wordId: string }>(name: string): ActionLike<Values> => ({
  name: `expecting.${name}`,
  version: 1,
  entity: ({ wordId }) => ['Word', wordId],
  title: () => name,
})
const AddWord = toAction<Added>('AddWord')
const CountWord = toAction<{ readonly wordId: string }>('CountWord')
defineExpectation(AddWord, { on: Word, row: ofWord, adds: ({ wordId, word }) => ({ id: wordId, word, count: 0 }) })
defineExpectation(CountWord, { on: Word, row: ofWord, apply: (row) => ({ ...row, count: row.count + 1 }) })

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end()
})

test('a row made offline is seen, can be acted upon further, and is there after a reload, with its marks', async () => {
  const service = createFakeService()
  service.rows = [{ id: 'a', word: 'apple', count: 1 }]
  const browser = createFakeBrowser(service, createFakeClock(1_000_000))
  const first = await openPage(browser)
  service.isUp = false
  service.drop()
  const outcomes = [
    first.add.push({ wordId: 'b', word: 'birch' }).outcome,
    first.count.push({ wordId: 'b' }).outcome,
    first.count.push({ wordId: 'b' }).outcome,
  ]
  await settle()
  expect(await Promise.all(outcomes)).toEqual([{ is: 'kept' }, { is: 'kept' }, { is: 'kept' }])
  const birch = { id: 'b', word: 'birch', count: 2 }
  expect(plain(first.words.rows)).toEqual([{ id: 'a', word: 'apple', count: 1 }, birch])
  expect(first.marks.list().map(({ state, title }) => [state, title])).toEqual([
    ['kept', 'AddWord'],
    ['kept', 'CountWord'],
    ['kept', 'CountWord'],
  ])
  first.end()
  service.isUp = true
  const second = await openPage(browser)
  expect(plain(second.words.rows)).toContainEqual(birch)
  expect(service.acts.map(({ name }) => name)).toEqual([
    'expecting.AddWord',
    'expecting.CountWord',
    'expecting.CountWord',
  ])
})

test('what was cut off from its answer is not said to be under way', async () => {
  const service = createFakeService()
  const page = await openPage(createFakeBrowser(service, createFakeClock(1_000_000)))
  page.add.push({ wordId: 'b', word: 'birch' })
  await settle()
  const states = () => page.marks.list().map(({ state }) => state)
  expect(states()).toEqual(['sending'])
  service.isUp = false
  service.drop()
  await settle()
  expect(states()).toEqual(['unanswered'])
})

test('a refusal has what was entered, and goes again edited', async () => {
  const service = createFakeService()
  const page = await openPage(createFakeBrowser(service, createFakeClock(1_000_000)))
  const { outcome } = page.add.push({ wordId: 'b', word: 'birsh' })
  await settle()
  service.answer(service.acts[0]?.id ?? '', { outcome: 'rejected', kind: 'no', words: 'No such word.', position: 'p' })
  expect(await outcome).toEqual({ is: 'refused', kind: 'no', words: 'No such word.' })
  await settle()
  expect(page.words.rows).toEqual([])
  const [refused] = page.add.refusals()
  expect(refused).toMatchObject({ words: 'No such word.', entityId: 'b', fields: { wordId: 'b', word: 'birsh' } })
  if (refused) await page.add.resend(refused, { wordId: 'b', word: 'birch' })
  await settle()
  expect(service.acts.at(-1)?.body).toBe('{"wordId":"b","word":"birch"}')
  expect(page.add.refusals()).toEqual([])
  expect(plain(page.words.rows)).toEqual([{ id: 'b', word: 'birch', count: 0 }])
})

test('what an earlier version of the app pushed is brought to what is expected of it, or waits without a preview', () => {
  const definition = {
    name: 'expecting.NameWord',
    version: 2,
    from: earlier({ wordId: text(), name: text() }).today(({ wordId, name }) => ({ wordId, word: name })),
    title: () => 'Name',
  }
  const expectation = defineExpectation<Added, typeof Word>(definition, { on: Word, row: ofWord })
  expect(fieldsFor(expectation, 1, '{"wordId":"b","name":"birch"}')).toEqual({ wordId: 'b', word: 'birch' })
  expect(fieldsFor(expectation, 2, '{"wordId":"b","word":"birch"}')).toEqual({ wordId: 'b', word: 'birch' })
  expect(fieldsFor(expectation, 3, '{"wordId":"b"}')).toBeUndefined()
  expect(fieldsFor({ ...expectation, from: undefined }, 1, '{}')).toBeUndefined()
  expect(fieldsFor(expectation, 2, 'not json')).toBeUndefined()
})

const plain = (rows: readonly object[]) => rows.map((row) => ({ ...row }))

async function openPage(browser: ReturnType<typeof createFakeBrowser>) {
  const peek = createPeek({ app: 'field', surroundings: browser.openTab() })
  const page = inPage(peek, () => ({
    words: useObservable(Word, () => ({})),
    add: useAction(AddWord),
    count: useAction(CountWord),
    marks: useMarks(() => 'b'),
  }))
  const end = () => {
    page.dispose()
    peek.close()
  }
  ends.push(end)
  await settle()
  return { ...page.result, end }
}
