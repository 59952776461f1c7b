import { describe, test } from 'bun:test'
import { action, given, happened, projectionSpec } from '#testing'
import { task } from './logic/task.ts'
import { tasks } from './projections/tasks.ts'
import { CompleteTask, SendTask } from './shared/tasks.ts'

const taskId = '7a1c2f7e-2f57-4a8e-9d33-5b0c6f1d0009'
const sent = happened(SendTask, { taskId, to: 'field', words: 'Read the meter' })
const done = happened(CompleteTask, { taskId })

describe('a task', () => {
  test('is sent once', () =>
    given(task, [sent])
      .when(action(SendTask, { taskId, to: 'office', words: 'Again' }))
      .thenRejected('task-exists'))

  test('is done by the first who does it', () => {
    given(task, [sent]).when(action(CompleteTask, { taskId })).thenAppended()
    given(task, [sent, done]).when(action(CompleteTask, { taskId })).thenRejected('task-not-open')
  })

  test('is shown until it is done', () => {
    const spec = projectionSpec(tasks)
    spec.given(sent).thenRows('rows', [{ id: taskId, to: 'field', words: 'Read the meter' }])
    spec.given(sent, done).thenRows('rows', [])
  })
})
