/** What the compiler tells an author. Each `@ts-expect-error` fails the type check should the mistake compile. */
import { expect, test } from 'bun:test'
import { pgSchema, text as textColumn } from 'drizzle-orm/pg-core'
import { integer, text, uuid } from '#plugin-api/shared'
import {
  accept,
  decideOn,
  defineAction,
  defineDecider,
  defineEvent,
  defineProjection,
  defineReadModel,
  evolveOn,
  fact,
  instantColumn,
  seedAction,
} from './index.ts'

const Count = defineAction('types.Count', {
  version: 1,
  fields: { counterId: uuid(), amount: integer() },
  entity: ({ counterId }) => ['Counter', counterId],
  title: ({ amount }) => `Count ${amount}`,
})
const Noted = defineEvent('types.Noted', { version: 1, fields: { words: text() } })

test('a field that the action does not have is a mistake the compiler sees', () => {
  // @ts-expect-error `amunt` is no field of Count
  decideOn(Count, ({ amunt }) => (amunt ? accept() : accept()))
  // @ts-expect-error `amount` is a number
  expect(seedAction('i', Count, { counterId: 'c', amount: '1' })).toBeDefined()
})

test('a state that does not fit its type is a mistake the compiler sees', () => {
  const decider = defineDecider<{ readonly sum: number }>({
    category: 'Counter',
    initialState: () => ({ sum: 0 }),
    decide: [decideOn(Count, (_, state: { readonly sum: number }) => (state.sum > 0 ? accept() : accept()))],
    // @ts-expect-error `sum` is a number
    evolve: [evolveOn(Count, (_, { amount }) => ({ sum: `${amount}` }))],
  })
  expect(decider.category).toBe('Counter')
})

test('a row, or a fact, that does not fit its definition is a mistake the compiler sees', () => {
  const model = defineReadModel('types', 'counters', (schema) => ({
    rows: schema.table('rows', { id: textColumn('id').primaryKey(), at: instantColumn('at').notNull() }),
  }))
  const projection = defineProjection({
    version: 1,
    model,
    on: (on) => [
      // @ts-expect-error a row has an instant `at` as well
      on(Count, ({ data }, { rows }) => rows.insert({ id: data.counterId })),
      on(Noted, ({ entityId, data }, { rows }) =>
        // @ts-expect-error there is no column `words`
        rows.update(entityId, () => ({ words: data.words })),
      ),
    ],
  })
  expect(projection.on).toHaveLength(2)
  // @ts-expect-error Noted has words, no text
  expect(fact(Noted, { text: 'x' })).toBeDefined()
})

test('two projections never share a schema, and each has a name Postgres keeps whole', () => {
  const define = (plugin: string, projection: string) => defineReadModel(plugin, projection, () => ({})).schemaName
  expect(define('field-tasks', 'open-tasks')).toBe('pl_field_tasks__open_tasks')
  for (const name of ['open_tasks', 'open--tasks', 'Open', '', 'x'.repeat(60)])
    expect(() => define('tasks', name)).toThrow('cannot name a schema')
  expect(pgSchema('x')).toBeDefined()
})
