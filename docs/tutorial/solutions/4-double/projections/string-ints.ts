import { defineProjection } from '#plugin-api'
import { AddIntValue, AddStringInt, DeleteStringInt, DoubleInt } from '../shared/actions.ts'
import { stringIntsModel } from '../storage/string-ints.ts'

/** One row a string int. */
export const stringInts = defineProjection({
  version: 1,
  model: stringIntsModel,
  on: (on) => [
    on(AddStringInt, ({ data }, { rows }) =>
      rows.insert({ id: data.stringIntId, string1: data.string1, int1: data.int1 }),
    ),
    on(AddIntValue, ({ data }, { rows }) => rows.update(data.stringIntId, (row) => ({ int1: row.int1 + data.offset }))),
    on(DoubleInt, ({ data }, { rows }) => rows.update(data.stringIntId, (row) => ({ int1: row.int1 * 2 }))),
    on(DeleteStringInt, ({ data }, { rows }) => rows.delete(data.stringIntId)),
  ],
})
