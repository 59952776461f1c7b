import { answerRpc, type LogicContext, type RpcHandler } from '#plugin-api'
import { AddStringInt } from '../shared/actions.ts'
import { AddInts, CreateStringInt, UpdateStatus } from '../shared/rpcs.ts'

/** What logic does for the agent. */
export function answerAgent({ log, push }: Pick<LogicContext, 'log' | 'push'>): readonly RpcHandler[] {
  return [
    answerRpc(UpdateStatus, ({ words }) => {
      log.debug(`Agent said: ${words}`)
      return {}
    }),
    answerRpc(AddInts, ({ val1, val2 }) => ({ sum: val1 + val2 })),
    answerRpc(CreateStringInt, async ({ requestId, ...stringInt }) => {
      const answer = await push(AddStringInt, stringInt, { id: requestId })
      // Refused is an answer: asking again changes nothing. What failed is asked again, under the same id.
      if (answer.outcome === 'failed') throw new Error(`The string int could not be added: ${answer.words}`)
      if (answer.outcome === 'rejected') log.info(`the agent's string int was refused: ${answer.words}`)
      return {}
    }),
  ]
}
