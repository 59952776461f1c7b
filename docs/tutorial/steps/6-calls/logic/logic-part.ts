import { defineLogicPart, seedAction } from '#plugin-api'
import { stringInts } from '../projections/string-ints.ts'
import { learningSettings } from '../settings.ts'
import { AddStringInt } from '../shared/actions.ts'
import { tryUntilDone } from '../try-until-done.ts'
import { answerAgent } from './answer-agent.ts'
import { callAgent } from './call-agent.ts'
import { observeStringInts } from './observables.ts'
import { stringInt } from './string-int.ts'

const callAgentAfterMs = 10_000

/** What the plugin runs on logic. */
export const learningLogicPart = defineLogicPart({
  deciders: [stringInt],
  projections: [stringInts],
  observables: [observeStringInts],
  seed: [
    seedAction('3f4f2c1a-6f0f-4b51-9a39-7a1f3c1d0001', AddStringInt, {
      stringIntId: '7a1c2f7e-2f57-4a8e-9d33-5b0c6f1d0001',
      string1: 'Pump House 3',
      int1: 11,
    }),
    seedAction('3f4f2c1a-6f0f-4b51-9a39-7a1f3c1d0002', AddStringInt, {
      stringIntId: '7a1c2f7e-2f57-4a8e-9d33-5b0c6f1d0002',
      string1: 'Gate Valve West',
      int1: 22,
    }),
  ],
  settings: learningSettings,
  rpcs: answerAgent,
  start: (context) => {
    const { log, onStop, settings } = context
    const greet = (): void => log.info(settings.get(learningSettings).greeting)
    greet()
    settings.onChange(greet)
    onStop(() => log.info('Stopped'))
    tryUntilDone(context, { what: 'Calling an agent', firstMs: callAgentAfterMs, work: () => callAgent(context) })
  },
})
