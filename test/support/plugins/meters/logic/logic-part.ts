import { accept, decideOn, defineDecider, defineLogicPart, evolveOn, reject } from '#plugin-api'
import { PutReading } from '../shared/reading.ts'

/** A meter never runs backwards. */
const meter = defineDecider<{ readonly value: number }>({
  category: 'Meter',
  initialState: () => ({ value: 0 }),
  decide: [
    decideOn(PutReading, ({ value }, state) =>
      value < state.value ? reject('meter-ran-backwards', `It showed ${state.value} before.`) : accept(),
    ),
  ],
  evolve: [evolveOn(PutReading, (_, { value }) => ({ value }))],
})

export const metersLogicPart = defineLogicPart({ deciders: [meter] })
