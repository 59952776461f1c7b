import { describe, expect, test } from 'bun:test'
import { earlier } from '#vortex/protocol/earlier-versions.ts'
import { integer, nullable, text, uuid } from '#vortex/protocol/fields.ts'
import { anOutboxRecord } from '#web/sdk/testing/outbox-record.ts'
import { bodyValues, checkTyped, recordFields } from './record-fields.ts'

const taskId = '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0001'
const RenameTask = {
  version: 2,
  fields: { taskId: uuid(), title: text({ lengthMin: 1 }), minutes: nullable(integer({ min: 0, max: 60 })) },
  from: earlier({ taskId: uuid(), name: text() }).today(({ taskId: id, name }) => ({
    taskId: id,
    title: name,
    minutes: null,
  })),
}
const rename = (version: number, values: object) =>
  anOutboxRecord(1, { name: 'inbox.RenameTask', version, body: JSON.stringify(values) })
const today = rename(2, { taskId, title: 'Oak', minutes: 5 })

test('a form has the controls its action is defined with', () => {
  expect(recordFields(today, RenameTask).map(({ name, control }) => [name, control.kind])).toEqual([
    ['taskId', 'id'],
    ['title', 'text'],
    ['minutes', 'number'],
  ])
})

test('an action of an earlier version is edited in the fields it had', () => {
  const older = rename(1, { taskId, name: 'Oak' })
  expect(recordFields(older, RenameTask).map(({ name }) => name)).toEqual(['taskId', 'name'])
  expect(checkTyped(older, RenameTask, { name: 'Elm' })).toEqual({
    ok: true,
    body: JSON.stringify({ taskId, name: 'Elm' }),
  })
})

test('an action that no plugin here knows is edited by what its values are', () => {
  const foreign = anOutboxRecord(1, {
    name: 'gone.Do',
    body: JSON.stringify({ id: taskId, words: 'a', count: 1, isSo: true, names: ['x'], deep: { a: 1 }, none: null }),
  })
  expect(recordFields(foreign, undefined).map(({ control }) => control.kind)).toEqual([
    'id',
    'text',
    'number',
    'toggle',
    'lines',
    'json',
    'text',
  ])
  expect(checkTyped(foreign, undefined, { count: '2', names: 'x\ny' })).toEqual({
    ok: true,
    body: JSON.stringify({
      id: taskId,
      words: 'a',
      count: 2,
      isSo: true,
      names: ['x', 'y'],
      deep: { a: 1 },
      none: null,
    }),
  })
})

describe('what is typed', () => {
  test('is named field by field where it does not fit, as the server would', () => {
    expect(checkTyped(today, RenameTask, { title: ' ', minutes: '61' })).toEqual({
      ok: false,
      faults: { title: 'must not be empty', minutes: 'must be between 0 and 60' },
    })
    expect(checkTyped(today, RenameTask, { minutes: 'many' })).toEqual({
      ok: false,
      faults: { minutes: 'must be a number' },
    })
  })

  test('may be nothing where nothing is allowed', () => {
    expect(checkTyped(today, RenameTask, { minutes: '' })).toMatchObject({
      ok: true,
      body: expect.stringContaining('"minutes":null'),
    })
  })
})

test('a body that cannot be read has no fields', () => {
  expect([bodyValues({ body: '[1]' }), bodyValues({ body: '{' })]).toEqual([{}, {}])
})
