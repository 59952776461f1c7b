import { defineObservable } from '#plugin-api'
import { Task } from '../shared/tasks.ts'
import { StringInt } from '../shared/tuples.ts'
import { stringIntsModel } from '../storage/string-ints.ts'
import { tasksModel } from '../storage/tasks.ts'

/** Every string int, or the one picked by its id. */
export const observeStringInts = defineObservable(StringInt, {
  from: stringIntsModel,
  table: 'rows',
  selector: ['id'],
  orderBy: ['string1'],
})

/** Every open task, or those of one app. */
export const observeTasks = defineObservable(Task, {
  from: tasksModel,
  table: 'rows',
  selector: ['to'],
  orderBy: ['words'],
})
