import { accept, decideOn, defineDecider, evolveOn, reject } from '#plugin-api'
import { CompleteTask, SendTask } from '../shared/tasks.ts'

type TaskState = { readonly stage: 'none' | 'open' | 'done' }

/** A task is sent once and done once: of two people who do it at the same time, the second is told. */
export const task = defineDecider<TaskState>({
  category: 'Task',
  initialState: () => ({ stage: 'none' }),
  decide: [
    decideOn(SendTask, (_, { stage }) =>
      stage === 'none' ? accept() : reject('task-exists', 'This task was sent already.'),
    ),
    decideOn(CompleteTask, (_, { stage }) =>
      stage === 'open' ? accept() : reject('task-not-open', 'Somebody has done this task already.'),
    ),
  ],
  evolve: [evolveOn(SendTask, () => ({ stage: 'open' })), evolveOn(CompleteTask, () => ({ stage: 'done' }))],
})
