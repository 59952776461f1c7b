import { accept, decideOn, defineDecider, evolveOn, reject } from '#plugin-api'
import { AddIntValue, AddStringInt, DeleteStringInt, RenameStringInt, ToggleCaps } from '../shared/actions.ts'
import { toggleCaps } from '../shared/toggle-caps.ts'

type StringIntState = { readonly exists: boolean; readonly string1: string; readonly int1: number }

const int1Max = 2_147_483_647
const notFound = () =>
  reject('string-int-not-found', 'This string int does not exist any more; somebody may have deleted it.')

/** The business of one string int: what may be done to it, and what it becomes. */
export const stringInt = defineDecider<StringIntState>({
  category: 'StringInt',
  initialState: () => ({ exists: false, string1: '', int1: 0 }),
  decide: [
    decideOn(AddStringInt, (_, state) =>
      state.exists ? reject('string-int-exists', 'A string int with this id exists already.') : accept(),
    ),
    decideOn(RenameStringInt, (action, state) => {
      if (!state.exists) return notFound()
      if (action.wasString1 === state.string1) return accept()
      return reject(
        'stale-edit',
        `Somebody changed it to "${state.string1}" while you were editing; look and save again.`,
      )
    }),
    decideOn(DeleteStringInt, (_, state) => (state.exists ? accept() : notFound())),
    decideOn(ToggleCaps, (_, state) => (state.exists ? accept() : notFound())),
    decideOn(AddIntValue, (action, state) => {
      if (!state.exists) return notFound()
      const sum = state.int1 + action.offset
      return Math.abs(sum) <= int1Max
        ? accept()
        : reject('int-out-of-range', `${sum} is beyond what the number can hold.`)
    }),
  ],
  evolve: [
    evolveOn(AddStringInt, (_, { string1, int1 }) => ({ exists: true, string1, int1 })),
    evolveOn(RenameStringInt, (state, { string1 }) => ({ ...state, string1 })),
    evolveOn(DeleteStringInt, () => ({ exists: false, string1: '', int1: 0 })),
    evolveOn(ToggleCaps, (state) => ({ ...state, string1: toggleCaps(state.string1) })),
    evolveOn(AddIntValue, (state, { offset }) => ({ ...state, int1: state.int1 + offset })),
  ],
})
