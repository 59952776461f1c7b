import { accept, acceptChanged, decideOn, defineDecider, evolveOn, fact, reject } from '#plugin-api'
import { AddCount, CountTaken, DropCounter, NoteReaction, TakeCount } from '../shared/actions.ts'

/** A number to try actions on: adding nothing is refused, and no more is taken than there is, so that both can be tried. */
export const counter = defineDecider<{ readonly exists: boolean; readonly value: number }>({
  category: 'Counter',
  initialState: () => ({ exists: false, value: 0 }),
  decide: [
    decideOn(AddCount, ({ by }) => (by === 0 ? reject('nothing-added', 'Adding 0 changes nothing.') : accept())),
    decideOn(TakeCount, ({ counterId, by }, { value }) => {
      if (value <= 0) return reject('nothing-there', 'There is nothing to take.')
      if (by <= value) return accept(fact(CountTaken, { counterId, by }))
      return acceptChanged(
        `Only ${value} were there, so ${value} were taken.`,
        fact(CountTaken, { counterId, by: value }),
      )
    }),
    decideOn(NoteReaction, (_, { exists }) => (exists ? accept() : reject('no-counter', 'The counter was dropped.'))),
    decideOn(DropCounter, (_, { exists }) => (exists ? accept() : reject('no-counter', 'There is no such counter.'))),
  ],
  evolve: [
    evolveOn(AddCount, ({ value }, { by }) => ({ exists: true, value: value + by })),
    evolveOn(CountTaken, (state, { by }) => ({ ...state, value: state.value - by })),
    evolveOn(NoteReaction, (state) => state),
    evolveOn(DropCounter, () => ({ exists: false, value: 0 })),
  ],
})
