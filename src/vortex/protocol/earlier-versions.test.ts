import { expect, test } from 'bun:test'
import { defineAction, defineEvent } from '#action/define-action.ts'
import { earlier } from './earlier-versions.ts'
import { integer, text, uuid } from './fields.ts'

const [first, second] = [
  { taskId: uuid(), name: text() },
  { taskId: uuid(), title: text() },
]
const today = { taskId: uuid(), title: text(), language: text() }
const taskId = '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0001'

const TaskNamed = defineEvent('inbox.TaskNamed', {
  version: 3,
  fields: today,
  from: earlier(first)
    .next(second, ({ taskId, name }) => ({ taskId, title: name }))
    .today((task) => ({ ...task, language: 'en' })),
})

test('E6 each version becomes the next, up to today’s', () => {
  const [toSecond, toToday] = TaskNamed.from?.upcasts ?? []
  expect(toSecond?.({ taskId, name: 'a' })).toEqual({ taskId, title: 'a' })
  expect(toToday?.({ taskId, title: 'a' })).toEqual({ taskId, title: 'a', language: 'en' })
  expect(TaskNamed.from?.shapes).toEqual([first, second])
})

test('E6 a version that does not say how every earlier one becomes it is refused', () => {
  const from = earlier(second).today((task) => ({ ...task, language: 'en' }))
  expect(() => defineEvent('inbox.TaskNamed', { version: 3, fields: today, from })).toThrow(
    '"inbox.TaskNamed" has version 3 and says how 1 earlier ones become it: wanted 2',
  )
})

test('E6 a step that reads or gives what its version does not have is a mistake the compiler sees', () => {
  // @ts-expect-error version 1 has a name, no title
  earlier(first).next(second, ({ taskId, title }) => ({ taskId, title }))
  // @ts-expect-error version 2 wants a title
  earlier(first).next(second, ({ taskId }) => ({ taskId }))
  const fields = { taskId: uuid(), count: integer() }
  const action = { version: 2, fields, entity: () => ['Task', taskId] as const, title: () => '' }
  const texts = earlier(first).today(({ name, taskId }) => ({ taskId, count: name }))
  // @ts-expect-error today's count is a number
  defineAction('inbox.Count', { ...action, from: texts })
  const missing = earlier(first).today(({ taskId }) => ({ taskId }))
  // @ts-expect-error today's action has a count
  defineAction('inbox.Count', { ...action, from: missing })
  const from = earlier(first).today(({ taskId, name }) => ({ taskId, count: name.length }))
  expect(defineAction('inbox.Count', { ...action, from }).from?.upcasts).toHaveLength(1)
})
