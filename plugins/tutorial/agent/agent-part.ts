import { answerRpc, defineAgentPart } from '#plugin-api'
import { SubtractInts } from '../shared/rpcs.ts'
import { beginCalls } from './begin-calls.ts'

/** What the tutorial runs on an agent: it calls logic, and subtracts for it. */
export const tutorialAgentPart = defineAgentPart({
  rpcs: [answerRpc(SubtractInts, ({ val1, val2 }) => ({ difference: val1 - val2 }))],
  start: beginCalls,
})
