import { answerRpc, defineFieldPart } from '#plugin-api'
import { Near } from '../shared/calls.ts'

export const callsFieldPart = defineFieldPart({
  rpcs: [answerRpc(Near, (_input, { from, by }) => ({ caller: from.caller, user: by?.user ?? '' }))],
})
