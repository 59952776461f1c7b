import { defineAgentPart, defineRestRoute } from '#plugin-api'
import { hoard, hoardRoutes, makeNote } from '../hoard.ts'

export const hoardAgentPart = defineAgentPart({
  rpcs: (context) => hoard('agent', context),
  routes: hoardRoutes('agent'),
  rest: [defineRestRoute('GET', '/nothing', { words: 'Nothing.', output: {}, scope: 'look', handle: () => ({}) })],
  start: (context) => {
    const note = makeNote(context)
    context.queue.onAnswer(() => note('answer'))
  },
})
