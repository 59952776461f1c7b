import { definePlugin } from '#plugin-api'

/** The tutorial: a table of texts with a number, changed by buttons on every screen. */
export const plugin = definePlugin({
  id: 'tutorial',
  parts: {
    logic: async () => (await import('./logic/logic-part.ts')).tutorialLogicPart,
    agent: async () => (await import('./agent/agent-part.ts')).tutorialAgentPart,
    worker: async () => (await import('./worker/worker-part.ts')).tutorialWorkerPart,
  },
})
