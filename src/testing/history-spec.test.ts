import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accept, decideOn, defineDecider, evolveOn } from '#action/decider.ts'
import { defineAction } from '#action/define-action.ts'
import { defineLogicPart } from '#plugin-api/define-plugin.ts'
import { earlier } from '#vortex/protocol/earlier-versions.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import { counter } from './counter.ts'
import { added, CounterTouched, counters, recordEvents } from './counter-model.ts'
import { historySpec } from './history-spec.ts'
import { createMemoryEventStore } from './memory-event-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'peek-history-'))
afterAll(() => rmSync(folder, { recursive: true }))

const part = defineLogicPart({ deciders: [counter], projections: [counters] })

async function recorded(...events: Parameters<typeof recordEvents>[2]) {
  const store = createMemoryEventStore()
  return recordEvents(store, 'a', events)
}

test('E6 history that today’s code can take passes, from a store as well', async () => {
  const store = createMemoryEventStore()
  await recordEvents(store, 'a', [added('a', 1), added('a', 2)])
  await recordEvents(store, 'b', [added('b', 3)])
  await historySpec(part).ofStore(store).thenReadable()
  const { eventCount, counts } = await historySpec(part).ofStore(store).report()
  expect([eventCount, [...counts]]).toEqual([3, [['test.AddToCounter 1', 3]]])
})

test('E6 what cannot be taken is said by kind: the version, the fields, a projection, a type that is gone', async () => {
  const events = await recorded(
    { ...added('a', 1), version: 9 },
    { type: 'test.AddToCounter', data: { counterId: 'a', amount: 'many', note: '' } },
    { type: CounterTouched.name, data: { isBad: true } },
    { type: 'test.CounterPainted', data: {} },
    { type: 'test.CounterPainted', data: {} },
    { type: 'other.Thing', data: {} },
  )
  const spec = historySpec(part).ofEvents(events)
  const { problems } = await spec.report()
  expect(problems.map(({ type, where, count }) => [type, where, count])).toEqual([
    ['test.AddToCounter', 'the way to today’s version', 1],
    ['test.AddToCounter', 'today’s fields', 1],
    ['test.AddToCounter', 'projection test.counters', 1],
    ['test.CounterPainted', 'the plugin', 2],
  ])
  expect(spec.thenReadable()).rejects.toThrow(
    `- test.CounterPainted, version 1, 2 events, first ${events[3]?.id} (test.Counter-a, revision 3)`,
  )
})

test('E6 an earlier version is brought to today’s and checked there', async () => {
  const Add = defineAction('test.AddToCounter', {
    version: 2,
    fields: { counterId: text(), amount: integer({ min: 0 }), note: text(), unit: text({ lengthMin: 1 }) },
    from: earlier({ counterId: text(), amount: integer(), note: text() }).today((v1) => ({ ...v1, unit: 'piece' })),
    entity: ({ counterId }) => ['Counter', counterId],
    title: () => 'Add',
  })
  const folded: unknown[] = []
  const decider = defineDecider<null>({
    category: 'Counter',
    initialState: () => null,
    decide: [decideOn(Add, () => accept())],
    evolve: [
      evolveOn(Add, (state, data) => {
        folded.push(data.unit)
        return state
      }),
    ],
  })
  const today = defineLogicPart({ deciders: [decider] })
  await historySpec(today)
    .ofEvents(await recorded(added('a', 1)))
    .thenReadable()
  expect(folded).toEqual(['piece'])
  const below = historySpec(today).ofEvents(await recorded(added('a', -1)))
  expect(below.thenReadable()).rejects.toThrow('today’s fields: amount must be between 0')
})

test('a decider that changes what it is given is caught', async () => {
  const changing = defineDecider<{ sum: number }>({
    category: 'Counter',
    initialState: () => ({ sum: 0 }),
    decide: [],
    evolve: counter.evolve.map((entry) => ({
      ...entry,
      evolve: (state) => {
        state.sum++
        return state
      },
    })),
  })
  const { problems } = await historySpec(defineLogicPart({ deciders: [changing] }))
    .ofEvents(await recorded(added('a', 1)))
    .report()
  expect(problems).toMatchObject([{ where: 'the decider of Counter', count: 1 }])
})

test('a file that holds nothing, or something else, proves nothing', async () => {
  const [empty, other] = [join(folder, 'empty.ndjson'), join(folder, 'other.ndjson')]
  writeFileSync(empty, '\n')
  writeFileSync(other, '{"id":1}\n')
  expect(historySpec(part).ofFile(empty).thenReadable()).rejects.toThrow('has no events')
  expect(historySpec(part).ofFile(other).thenReadable()).rejects.toThrow('line 1 is no exported event')
})
