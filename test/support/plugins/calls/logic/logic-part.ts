import { answerRpc, defineLogicPart, type LogicContext, RpcFailure } from '#plugin-api'
import { AskAgent, Repeat } from '../shared/calls.ts'

let context: LogicContext | undefined

export const callsLogicPart = defineLogicPart({
  start: (started) => {
    context = started
  },
  rpcs: [
    answerRpc(AskAgent, async ({ word }) => {
      try {
        const repeated = await context?.rpc.call(Repeat, { word, count: 3 }, { timeoutMs: 10_000 })
        return { answer: repeated?.words ?? 'not started' }
      } catch (failure) {
        if (failure instanceof RpcFailure) return { answer: failure.kind }
        throw failure
      }
    }),
  ],
})
