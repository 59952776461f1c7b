import { expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { newUuid } from '#kernel/ids.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { createCountingModel } from './counting-model.ts'

async function setUp() {
  const store = createMemoryEventStore()
  const model = createCountingModel()
  const add = async (offset: number) => {
    const event = { id: newUuid(), type: 'tutorial.AddIntValue', data: { stringIntId: 'a', offset }, metadata: {} }
    return (await store.append('tutorial.StringInt-a', [event], 'any')).position
  }
  const data = { stringIntId: 'a', string1: 'row', int1: 0 }
  const added = { id: newUuid(), type: 'tutorial.AddStringInt', data, metadata: {} }
  await store.append('tutorial.StringInt-a', [added], 'no-stream')
  const row = (int1: number) => [{ id: 'a', string1: 'row', int1 }]
  return { store, model, add, row }
}

test('who is behind the others at a check, with nothing new to say, may go on from there', async () => {
  const { store, model, add, row } = await setUp()
  const first = await add(1)
  for (const who of ['table', 'page']) model.note(who, first, row(1))
  expect(await model.check(store)).toEqual([])
  const [second, third] = [await add(1), await add(1)]
  model.note('table', third, row(3))
  expect(await model.check(store)).toEqual([])
  model.note('page', second, row(2))
  expect(await model.check(store)).toEqual([])
  expect(await model.check(store, { isLast: true })).toEqual([])
  expect(model.checkedCount()).toBe(4)
})

test('who goes back, or shows what never was, is found', async () => {
  const { store, model, add, row } = await setUp()
  const [first, second] = [await add(1), await add(1)]
  model.note('page', second, row(2))
  expect(await model.check(store)).toEqual([])
  model.note('page', first, row(1))
  expect(must((await model.check(store))[0], 'it went back')).toContain('went back')
  model.note('page', await add(1), row(7))
  expect(must((await model.check(store))[0], 'it never was so')).toContain('not those')
})
