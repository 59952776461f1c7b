import { afterEach, expect, test } from 'bun:test'
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

const Sum = defineTuple('tutorial.Sum', { id: text(), word: text(), count: integer() })
const AddToSum: ActionLike<{ readonly sumId: string; readonly offset: number }> = {
  name: 'tutorial.AddToSum',
  version: 1,
  entity: ({ sumId }) => ['Sum', sumId],
  title: () => 'Add',
}
defineExpectation(AddToSum, {
  on: Sum,
  row: ({ sumId }) => sumId,
  apply: (row, { offset }) => ({ ...row, count: row.count + offset }),
})
const apple = { id: 'a', word: 'apple', count: 1 }
const disposers: (() => void)[] = []
afterEach(() => {
  for (const dispose of disposers.splice(0).reverse()) dispose()
})

test('a state that was held back while its connection was lost is not said to be fresh', async () => {
  const { service, clock, sums, answerAct } = await holdOne()
  clock.advance(1_000)
  const heldAt = clock.now()
  answerAct()
  service.isUp = false
  service.drop()
  await settle()
  expect(sums.rows).toEqual([{ ...apple, count: 6 }])
  expect([sums.state(), sums.asOf()]).toEqual(['stale', heldAt])
})

test('what a service cannot say just now is heard after what it said before', async () => {
  const { service, sums, answerAct } = await holdOne()
  const { obs = 0 } = service.observes.at(-1) ?? {}
  service.say({ k: 'trouble', obs, error: { kind: 'unavailable', words: 'Not now.' }, final: false })
  answerAct()
  await settle()
  expect([sums.state(), sums.error()?.words]).toEqual(['stale', 'Not now.'])
})

test('a refusal is not undone by rows that came before it', async () => {
  const { service, clock, sums } = await holdOne()
  const { obs = 0 } = service.observes.at(-1) ?? {}
  service.say({ k: 'trouble', obs, error: { kind: 'forbidden', words: 'Not for you.' }, final: true })
  clock.advance(2_000)
  await settle()
  expect([sums.state(), sums.error()?.words]).toEqual(['refused', 'Not for you.'])
})

/** A page whose action was sent and not answered, when the connection was made anew and brought a whole state. */
async function holdOne() {
  const clock = createFakeClock(1_000_000)
  const service = createFakeService()
  service.rows = [apple]
  const peek = createPeek({ app: 'field', surroundings: createFakeBrowser(service, clock).openTab() })
  const page = inPage(peek, () => ({ sums: useObservable(Sum, () => ({})), add: useAction(AddToSum) }))
  disposers.push(peek.close, page.dispose)
  await settle()
  const { sums, add } = page.result
  void add.push({ sumId: 'a', offset: 5 })
  await settle()
  const actId = service.acts[0]?.id ?? ''
  service.rows = [{ ...apple, count: 6 }]
  service.drop()
  clock.advance(500)
  await settle()
  expect([peek.connection.state(), sums.state()]).toEqual(['online', 'stale'])
  const answerAct = () => service.answer(actId, { outcome: 'accepted', position: toFakePosition(0) })
  return { clock, service, sums, answerAct }
}
