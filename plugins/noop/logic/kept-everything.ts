import { accept, decideOn, defineDecider, evolveOn, reject } from '#plugin-api'
import { DropEverything, KeepEverything } from '../shared/actions.ts'

/** A value of every type, kept once under its id. */
export const keptEverything = defineDecider<{ readonly exists: boolean }>({
  category: 'Everything',
  initialState: () => ({ exists: false }),
  decide: [
    decideOn(KeepEverything, (_, { exists }) =>
      exists ? reject('kept-already', 'This value is kept already.') : accept(),
    ),
    decideOn(DropEverything, (_, { exists }) => (exists ? accept() : reject('not-kept', 'There is no such value.'))),
  ],
  evolve: [evolveOn(KeepEverything, () => ({ exists: true })), evolveOn(DropEverything, () => ({ exists: false }))],
})
