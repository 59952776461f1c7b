import { accept, decideOn, defineDecider, evolveOn, reject } from '#plugin-api'
import { AddIntValue, AddStringInt, DeleteStringInt, DoubleInt } from '../shared/actions.ts'

type StringIntState = { readonly exists: boolean; readonly int1: number }

const int1Max = 2_147_483_647
const notFound = () =>
  reject('string-int-not-found', 'This string int does not exist any more; somebody may have deleted it.')

const change = (state: StringIntState, int1: number) => {
  if (!state.exists) return notFound()
  return Math.abs(int1) <= int1Max
    ? accept()
    : reject('int-out-of-range', `${int1} is beyond what the number can hold.`)
}

/** The business of one string int: what may be done to it, and what it becomes. */
export const stringInt = defineDecider<StringIntState>({
  category: 'StringInt',
  initialState: () => ({ exists: false, int1: 0 }),
  decide: [
    decideOn(AddStringInt, (_, state) =>
      state.exists ? reject('string-int-exists', 'A string int with this id exists already.') : accept(),
    ),
    decideOn(AddIntValue, ({ offset }, state) => change(state, state.int1 + offset)),
    decideOn(DoubleInt, (_, state) => change(state, state.int1 * 2)),
    decideOn(DeleteStringInt, (_, state) => (state.exists ? accept() : notFound())),
  ],
  evolve: [
    evolveOn(AddStringInt, (_, { int1 }) => ({ exists: true, int1 })),
    evolveOn(AddIntValue, (state, { offset }) => ({ ...state, int1: state.int1 + offset })),
    evolveOn(DoubleInt, (state) => ({ ...state, int1: state.int1 * 2 })),
    evolveOn(DeleteStringInt, () => ({ exists: false, int1: 0 })),
  ],
})
