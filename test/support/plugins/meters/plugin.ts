import { definePlugin } from '#plugin-api'

/** Readings that another system hands in over HTTP: the smallest plugin that has routes on an agent. */
export const plugin = definePlugin({
  id: 'meters',
  parts: {
    logic: async () => (await import('./logic/logic-part.ts')).metersLogicPart,
    agent: async () => (await import('./agent/agent-part.ts')).metersAgentPart,
  },
})
