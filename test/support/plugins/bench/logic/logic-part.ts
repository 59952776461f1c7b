import { integer, text, uuid } from 'drizzle-orm/pg-core'
import {
  accept,
  decideOn,
  defineDecider,
  defineLogicPart,
  defineObservable,
  defineProjection,
  defineReadModel,
  evolveOn,
  reject,
} from '#plugin-api'
import { AddCounter, BumpCounter, Counter, NoteReading } from '../shared/counter.ts'

const counter = defineDecider<{ readonly exists: boolean }>({
  category: 'Counter',
  initialState: () => ({ exists: false }),
  decide: [
    decideOn(AddCounter, (_, state) => (state.exists ? reject('counter-exists', 'It exists already.') : accept())),
    decideOn(BumpCounter, (_, state) => (state.exists ? accept() : reject('counter-not-found', 'It does not exist.'))),
    decideOn(NoteReading, (_, state) => (state.exists ? accept() : reject('counter-not-found', 'It does not exist.'))),
  ],
  evolve: [evolveOn(AddCounter, () => ({ exists: true }))],
})

const countersModel = defineReadModel('bench', 'counters', (schema) => ({
  rows: schema.table('counters', {
    id: uuid('id').primaryKey(),
    group: text('group_name').notNull(),
    count: integer('count').notNull(),
  }),
}))

const counters = defineProjection({
  version: 1,
  model: countersModel,
  on: (on) => [
    on(AddCounter, ({ data }, { rows }) => rows.insert({ id: data.counterId, group: data.group, count: 0 })),
    on(BumpCounter, ({ data }, { rows }) => rows.update(data.counterId, (row) => ({ count: row.count + data.by }))),
    on(NoteReading, ({ data }, { rows }) => rows.update(data.counterId, (row) => ({ count: row.count + data.by }))),
  ],
})

export const benchLogicPart = defineLogicPart({
  deciders: [counter],
  projections: [counters],
  observables: [defineObservable(Counter, { from: countersModel, table: 'rows', selector: ['id', 'group'] })],
})
