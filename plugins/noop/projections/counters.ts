import { defineProjection } from '#plugin-api'
import { AddCount, CountTaken, DropCounter, NoteReaction } from '../shared/actions.ts'
import { countersModel } from '../storage/models.ts'

/** One row a counter, for as long as it is not dropped. */
export const counters = defineProjection({
  version: 1,
  model: countersModel,
  on: (on) => [
    on(AddCount, ({ data }, { rows }) =>
      rows.upsert(data.counterId, (row) => ({
        id: data.counterId,
        value: (row?.value ?? 0) + data.by,
        reactions: row?.reactions ?? 0,
      })),
    ),
    on(CountTaken, ({ data }, { rows }) => rows.update(data.counterId, (row) => ({ value: row.value - data.by }))),
    on(NoteReaction, ({ data }, { rows }) => rows.update(data.counterId, (row) => ({ reactions: row.reactions + 1 }))),
    on(DropCounter, ({ data }, { rows }) => rows.delete(data.counterId)),
  ],
})
