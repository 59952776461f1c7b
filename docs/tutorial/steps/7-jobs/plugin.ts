import { definePlugin } from '#plugin-api'

/** The plugin of the tutorial: its parts, each loaded only in the service that runs it. */
export const plugin = definePlugin({
  id: 'learning',
  parts: {
    logic: async () => (await import('./logic/logic-part.ts')).learningLogicPart,
    agent: async () => (await import('./agent/agent-part.ts')).learningAgentPart,
    worker: async () => (await import('./worker/worker-part.ts')).learningWorkerPart,
  },
})
