import { defineProjection } from '#plugin-api'
import { CompleteTask, SendTask } from '../shared/tasks.ts'
import { tasksModel } from '../storage/tasks.ts'

/** One row a task, as long as it is open. */
export const tasks = defineProjection({
  version: 1,
  model: tasksModel,
  on: (on) => [
    on(SendTask, ({ data }, { rows }) => rows.insert({ id: data.taskId, to: data.to, words: data.words })),
    on(CompleteTask, ({ data }, { rows }) => rows.delete(data.taskId)),
  ],
})
