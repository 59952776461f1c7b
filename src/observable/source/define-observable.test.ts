import { expect, test } from 'bun:test'
import { integer as integerColumn, text as textColumn } from 'drizzle-orm/pg-core'
import { defineReadModel } from '#projection/read-model.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import { defineObservable } from './define-observable.ts'

const model = defineReadModel('crews', 'roster', (schema) => ({
  members: schema.table('members', { id: textColumn().primaryKey(), team: textColumn(), age: integerColumn() }),
}))
const Member = defineTuple('crews.Member', { id: text(), team: text() })

test('an observable says which feed, table and fields it lives on', () => {
  expect(
    defineObservable(Member, { from: model, table: 'members', selector: ['team'], orderBy: ['id'] }),
  ).toMatchObject({
    name: 'crews.Member',
    plugin: 'crews',
    feed: 'crews.roster',
    tableName: 'members',
    fields: ['id', 'team'],
    selectorFields: ['team'],
    orderBy: ['id'],
    access: 'everyone',
  })
})

test('refuses a tuple with a field the table does not have, and names those it has', () => {
  const Wider = defineTuple('crews.Wider', { id: text(), rank: integer() })
  expect(() => defineObservable(Wider, { from: model, table: 'members' })).toThrow(
    'Observable crews.Wider shows a field "rank" that table members does not have; it has id, team, age.',
  )
})

test('refuses a tuple that leaves out the key, by which a device tells rows apart', () => {
  const Keyless = defineTuple('crews.Keyless', { team: text() })
  expect(() => defineObservable(Keyless, { from: model, table: 'members' })).toThrow(
    'Observable crews.Keyless does not show "id", by which rows of members are told apart: add it to the tuple.',
  )
})

test('refuses a table the read model does not have, and names those it has', () => {
  const loose = {
    ...model,
    tables: { members: model.tables.members } as { [name: string]: typeof model.tables.members },
  }
  expect(() => defineObservable(Member, { from: loose, table: 'people' })).toThrow(
    'Observable crews.Member is of a table "people" that pl_crews__roster does not have; it has members.',
  )
})
