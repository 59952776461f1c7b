import { defineAction, defineTuple, oneOf, text, uuid } from '#plugin-api/shared'

/** A task that an administrator sends to everybody in the field or in the office, until somebody has done it. */

export const taskPlaces = ['field', 'office'] as const
export type TaskPlace = (typeof taskPlaces)[number]

export const Task = defineTuple('learning.Task', { id: uuid(), to: oneOf(taskPlaces), words: text() })

const ofTask = (fields: { readonly taskId: string }) => ['Task', fields.taskId] as const

export const SendTask = defineAction('learning.SendTask', {
  version: 1,
  fields: { taskId: uuid(), to: oneOf(taskPlaces), words: text({ lengthMin: 1, lengthMax: 200 }) },
  entity: ofTask,
  title: ({ to, words }) => `Send to ${to}: ${words}`,
})

export const CompleteTask = defineAction('learning.CompleteTask', {
  version: 1,
  fields: { taskId: uuid() },
  entity: ofTask,
  title: () => 'Complete the task',
})
