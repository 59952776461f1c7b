import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineEvent, type EventDefinition } from '#action/define-action.ts'
import { defineLogicPart } from '#plugin-api/define-plugin.ts'
import { earlier } from '#vortex/protocol/earlier-versions.ts'
import { integer, text, uuid } from '#vortex/protocol/fields.ts'
import { checkEventTypes, compareEventTypes } from './event-types.ts'

const folder = mkdtempSync(join(tmpdir(), 'peek-event-types-'))
afterAll(() => rmSync(folder, { recursive: true }))

const first = { taskId: uuid(), name: text({ lengthMax: 80 }) }
const second = { taskId: uuid(), title: text({ lengthMax: 80 }) }
const TaskNamed = defineEvent('inbox.TaskNamed', { version: 1, fields: first })
const renamed = (from: typeof first) =>
  defineEvent('inbox.TaskNamed', {
    version: 2,
    fields: second,
    from: earlier(from).today(({ taskId, name }) => ({ taskId, title: name })),
  })
const part = (...events: readonly EventDefinition[]) => defineLogicPart({ events })
const listed = {
  'inbox.TaskNamed': { '1': { name: 'text of 0 to 80 characters', taskId: 'uuid' } },
}

test('E6 a list that was written from the code is as the code', () => {
  const file = join(folder, 'event-types.json')
  checkEventTypes(part(TaskNamed), file, { isWriting: true })
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(listed)
  checkEventTypes(part(TaskNamed), file, { isWriting: false })
})

test('E6 fields that changed under their version are refused, with what changed and what to do', () => {
  const longer = defineEvent('inbox.TaskNamed', {
    version: 1,
    fields: { name: text({ lengthMax: 90 }), urgency: integer({ min: 0, max: 5 }) },
  })
  expect(compareEventTypes(part(longer), listed)).toEqual([
    'inbox.TaskNamed changed under version 1: "name" was text of 0 to 80 characters and is text of 0 to 90 characters; ' +
      '"taskId" was uuid and is not there; "urgency" was not there and is whole number from 0 to 5. Events of version 1 may be in a ' +
      'log. Raise its version to 2 and say in `from` how version 1 becomes it. If version 1 was never released, run the test ' +
      'again with PEEK_WRITE_EVENT_TYPES=1.',
  ])
})

test('E6 a type that is new, gone, or older than before is named', () => {
  const other = defineEvent('inbox.TaskClosed', { version: 1, fields: {} })
  const [gone, isNew] = compareEventTypes(part(other), listed)
  expect(gone).toStartWith('inbox.TaskNamed is on the list, and nothing defines it any more.')
  expect(isNew).toStartWith('inbox.TaskClosed is new')
  const before = { 'inbox.TaskNamed': { ...listed['inbox.TaskNamed'], '2': {} } }
  expect(compareEventTypes(part(TaskNamed), before)[0]).toContain('and was at version 2 before')
})

test('E6 a raised version is written beside the one before, which it must describe as it was', () => {
  const file = join(folder, 'raised.json')
  writeFileSync(file, JSON.stringify(listed))
  expect(() => checkEventTypes(part(renamed(first)), file, { isWriting: false })).toThrow('has version 2, which is new')
  checkEventTypes(part(renamed(first)), file, { isWriting: true })
  expect(Object.keys(JSON.parse(readFileSync(file, 'utf8'))['inbox.TaskNamed'])).toEqual(['1', '2'])
  checkEventTypes(part(renamed(first)), file, { isWriting: false })
  const wrong = renamed({ ...first, name: text({ lengthMax: 40 }) })
  expect(compareEventTypes(part(wrong), listed)[0]).toContain(
    '`from` describes version 1 otherwise than it was: "name"',
  )
})
