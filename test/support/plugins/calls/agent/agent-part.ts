import { type AgentContext, answerRpc, defineAgentPart } from '#plugin-api'
import { Repeat } from '../shared/calls.ts'

let context: AgentContext | undefined

export const callsAgentPart = defineAgentPart({
  start: (started) => {
    context = started
  },
  rpcs: [
    answerRpc(Repeat, async ({ word, count }, call) => {
      if (word === 'hang')
        await new Promise((_, reject) => {
          call.signal.addEventListener('abort', () => reject(call.signal.reason))
        })
      return { words: word.repeat(count), agent: context?.agent.name ?? '' }
    }),
  ],
})
