import { defineProjection } from '#plugin-api'
import { AddIntValue, AddStringInt, DeleteStringInt, RenameStringInt, ToggleCaps } from '../shared/actions.ts'
import { toggleCaps } from '../shared/toggle-caps.ts'
import { stringIntsModel } from '../storage/string-ints.ts'

/** One row a string int. */
export const stringInts = defineProjection({
  version: 1,
  model: stringIntsModel,
  on: (on) => [
    on(AddStringInt, ({ data }, { rows }) =>
      rows.insert({ id: data.stringIntId, string1: data.string1, int1: data.int1 }),
    ),
    on(RenameStringInt, ({ data }, { rows }) => rows.update(data.stringIntId, () => ({ string1: data.string1 }))),
    on(DeleteStringInt, ({ data }, { rows }) => rows.delete(data.stringIntId)),
    on(ToggleCaps, ({ data }, { rows }) =>
      rows.update(data.stringIntId, (row) => ({ string1: toggleCaps(row.string1) })),
    ),
    on(AddIntValue, ({ data }, { rows }) => rows.update(data.stringIntId, (row) => ({ int1: row.int1 + data.offset }))),
  ],
})
