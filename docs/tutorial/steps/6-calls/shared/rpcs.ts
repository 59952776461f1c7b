import { defineRpc, integer, text, uuid } from '#plugin-api/shared'

/** What logic and agent ask of each other. Data is changed by actions only: `CreateStringInt` has logic push one. */

const timeoutMs = 10_000
const onLogic = { listensOn: 'logic', acceptsFrom: ['agent'], timeoutMs } as const
const onAgent = { listensOn: 'agent', acceptsFrom: ['logic'], timeoutMs } as const

export const UpdateStatus = defineRpc('learning.UpdateStatus', { ...onLogic, input: { words: text() }, output: {} })

export const AddInts = defineRpc('learning.AddInts', {
  ...onLogic,
  input: { val1: integer(), val2: integer() },
  output: { sum: integer() },
})

/** With the same `requestId` it is the same request: repeated, it changes nothing and is answered as before. */
export const CreateStringInt = defineRpc('learning.CreateStringInt', {
  ...onLogic,
  input: { requestId: uuid(), stringIntId: uuid(), string1: text({ lengthMin: 1, lengthMax: 200 }), int1: integer() },
  output: {},
})

export const SubtractInts = defineRpc('learning.SubtractInts', {
  ...onAgent,
  input: { val1: integer(), val2: integer() },
  output: { difference: integer() },
})
