import { definePlugin } from '#plugin-api'

/** Parts that call each other: the smallest plugin that exercises calls between the services. */
export const plugin = definePlugin({
  id: 'calls',
  parts: {
    logic: async () => (await import('./logic/logic-part.ts')).callsLogicPart,
    agent: async () => (await import('./agent/agent-part.ts')).callsAgentPart,
    field: async () => (await import('./field/field-part.ts')).callsFieldPart,
  },
})
