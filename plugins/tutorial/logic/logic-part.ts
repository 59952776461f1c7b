import { defineLogicPart, seedAction } from '#plugin-api'
import { stringInts } from '../projections/string-ints.ts'
import { AddStringInt } from '../shared/actions.ts'
import { largeChanges } from './large-changes.ts'
import { observeStringInts } from './observables.ts'
import { stringInt } from './string-int.ts'

/** What the tutorial runs on logic. */
export const tutorialLogicPart = defineLogicPart({
  deciders: [stringInt],
  projections: [stringInts],
  observables: [observeStringInts],
  reactors: [largeChanges],
  seed: [
    seedAction('0b6e0a4e-6f0f-4b51-9a39-7a1f3c1d0001', AddStringInt, {
      stringIntId: '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0001',
      string1: 'Transformer Oak Street',
      int1: 11,
    }),
    seedAction('0b6e0a4e-6f0f-4b51-9a39-7a1f3c1d0002', AddStringInt, {
      stringIntId: '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0002',
      string1: 'Feeder 7 North',
      int1: 22,
    }),
    seedAction('0b6e0a4e-6f0f-4b51-9a39-7a1f3c1d0003', AddStringInt, {
      stringIntId: '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0003',
      string1: 'Substation Riverside',
      int1: 33,
    }),
  ],
})
