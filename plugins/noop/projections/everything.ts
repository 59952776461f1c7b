import { defineProjection } from '#plugin-api'
import { DropEverything, KeepEverything } from '../shared/actions.ts'
import { everythingModel } from '../storage/models.ts'

/** The values of every type as they came, a column each. */
export const everything = defineProjection({
  version: 1,
  model: everythingModel,
  on: (on) => [
    on(KeepEverything, ({ data }, { rows }) =>
      rows.insert({ ...data, names: [...data.names], numbers: [...data.numbers] }),
    ),
    on(DropEverything, ({ data }, { rows }) => rows.delete(data.id)),
  ],
})
