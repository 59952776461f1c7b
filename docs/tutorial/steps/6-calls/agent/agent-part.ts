import { answerRpc, defineAgentPart } from '#plugin-api'
import { SubtractInts } from '../shared/rpcs.ts'
import { tryUntilDone } from '../try-until-done.ts'
import { callLogic } from './call-logic.ts'

const callLogicAfterMs = 5_000

/** What the plugin runs on an agent: it calls logic, and subtracts for it. */
export const learningAgentPart = defineAgentPart({
  rpcs: [answerRpc(SubtractInts, ({ val1, val2 }) => ({ difference: val1 - val2 }))],
  start: (context) =>
    tryUntilDone(context, { what: 'Calling logic', firstMs: callLogicAfterMs, work: () => callLogic(context) }),
})
