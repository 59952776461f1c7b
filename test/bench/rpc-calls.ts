import { defineRpc } from '#rpc/define-rpc.ts'
import { boolean, integer, text } from '#vortex/protocol/fields.ts'

/** What the bench calls: a small question with a small answer, as most are. */
export const Measure = defineRpc('star.Measure', {
  listensOn: 'agent',
  acceptsFrom: ['logic', 'worker'],
  input: { pump: text(), reading: integer(), isUrgent: boolean() },
  output: { pump: text(), reading: integer() },
})
