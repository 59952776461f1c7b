import { defineRestRoute } from '#plugin-api'
import { Everything } from '../shared/everything.ts'

/** A value of every type from a program outside, there and back. */
export const echoRoute = defineRestRoute('POST', '/values', {
  words: 'Gives back the values it was sent.',
  input: Everything.fields,
  output: Everything.fields,
  scope: 'echo',
  handle: ({ input }) => input,
})
