import { defineRpc, integer, text } from '#plugin-api/shared'

/** Logic asks the agent, and says what became of it. */
export const AskAgent = defineRpc('calls.AskAgent', {
  listensOn: 'logic',
  acceptsFrom: ['field-app'],
  input: { word: text() },
  output: { answer: text() },
})

export const Repeat = defineRpc('calls.Repeat', {
  listensOn: 'agent',
  acceptsFrom: ['logic'],
  input: { word: text(), count: integer({ min: 0 }) },
  output: { words: text({ lengthMax: 1_000_000 }), agent: text() },
})

/** Answered by the service that holds the device itself. */
export const Near = defineRpc('calls.Near', {
  listensOn: 'field',
  acceptsFrom: ['field-app'],
  input: {},
  output: { caller: text(), user: text() },
})
