import { defineLogicPart, seedAction } from '#plugin-api'
import { stringInts } from '../projections/string-ints.ts'
import { tutorialSettings } from '../settings.ts'
import { AddStringInt } from '../shared/actions.ts'
import { NegateNumber } from '../shared/jobs.ts'
import { tryUntilDone } from '../try-until-done.ts'
import { answerAgent } from './answer-agent.ts'
import { callAgent } from './call-agent.ts'
import { largeChanges } from './large-changes.ts'
import { observeStringInts } from './observables.ts'
import { stringInt } from './string-int.ts'

const callAgentAfterMs = 10_000

/** What the tutorial runs on logic. */
export const tutorialLogicPart = defineLogicPart({
  deciders: [stringInt],
  projections: [stringInts],
  observables: [observeStringInts],
  reactors: [largeChanges],
  settings: tutorialSettings,
  jobs: [NegateNumber],
  rpcs: answerAgent,
  start: (context) => {
    const work = async (): Promise<void> => {
      if (context.settings.get(tutorialSettings).makesCalls) await callAgent(context)
    }
    tryUntilDone(context, { what: 'Calling an agent', firstMs: callAgentAfterMs, work })
  },
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
