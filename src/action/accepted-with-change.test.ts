import { expect, test } from 'bun:test'
import { createCounterRunner, requestOf } from '#testing/counter.ts'
import { createFaultyEventStore } from '#testing/faulty-event-store.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import { accept, acceptChanged, decideOn, defineDecider, evolveOn, fact, reject } from './decider.ts'
import { defineAction, defineEvent } from './define-action.ts'

/** A shelf with five on it, of which nobody gets more than there are. */
const Take = defineAction('test.Take', {
  version: 1,
  fields: { shelfId: text(), count: integer() },
  entity: ({ shelfId }) => ['Shelf', shelfId],
  title: ({ count }) => `Take ${count}`,
})
const Taken = defineEvent('test.Taken', { version: 1, fields: { count: integer() } })
const shelf = defineDecider<number>({
  category: 'Shelf',
  initialState: () => 5,
  decide: [
    decideOn(Take, ({ count }, left) => {
      if (left === 0) return reject('empty', 'Nothing is left.')
      if (count <= left) return accept(fact(Taken, { count }))
      return acceptChanged(`Only ${left} were left.`, fact(Taken, { count: left }))
    }),
  ],
  evolve: [evolveOn(Taken, (left, { count }) => left - count)],
})

const stream = 'test.Shelf-s1'
const take = (count: number) => requestOf(Take.name, { shelfId: 's1', count })

test('an action may be done in another way than asked for: the answer says how, the log holds what was sent and what was done', async () => {
  const store = createMemoryEventStore()
  const runner = createCounterRunner({ store, deciders: [shelf] })
  const answers = await Promise.all([take(2), take(9), take(1)].map(runner.run))
  expect(answers).toMatchObject([
    { outcome: 'accepted' },
    { outcome: 'accepted', changed: 'Only 3 were left.' },
    { outcome: 'rejected', kind: 'empty' },
  ])
  expect(answers[0]).not.toHaveProperty('changed')
  expect(store.streamOf(stream).map(({ data, metadata }) => [data.count ?? null, metadata.changed ?? null])).toEqual([
    [2, null],
    [2, null],
    [9, 'Only 3 were left.'],
    [3, 'Only 3 were left.'],
  ])
})

test('E2 its repeat is told the same, in one batch, later, and after a restart', async () => {
  const store = createMemoryEventStore()
  const runner = createCounterRunner({ store, deciders: [shelf] })
  const request = take(9)
  const answers = await Promise.all([request, request].map(runner.run))
  answers.push(await runner.run(request), await createCounterRunner({ store, deciders: [shelf] }).run(request))
  expect(answers[0]).toMatchObject({ outcome: 'accepted', changed: 'Only 5 were left.' })
  for (const answer of answers) expect(answer).toEqual(answers[0] ?? answer)
  expect(store.log).toHaveLength(2)
})

test('E2 one whose append was lost on the way back is told what was recorded, not what would be said by now', async () => {
  const store = createMemoryEventStore()
  const faulty = createFaultyEventStore(store, ({ ordinal }) =>
    ordinal === 0 ? { fails: 'after', kind: 'timeout' } : undefined,
  )
  const runner = createCounterRunner({ store: faulty, deciders: [shelf] })
  const request = take(9)
  expect(await runner.run(request)).toMatchObject({ outcome: 'failed' })
  expect(await runner.run(request)).toMatchObject({ outcome: 'accepted', changed: 'Only 5 were left.' })
  expect(store.log).toHaveLength(2)
})
