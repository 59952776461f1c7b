import { definePlugin } from '#plugin-api'

/** Begins on every service all that a part can begin. */
export const plugin = definePlugin({
  id: 'hoard',
  parts: {
    logic: async () => (await import('./logic/logic-part.ts')).hoardLogicPart,
    field: async () => (await import('./field/field-part.ts')).hoardFieldPart,
    office: async () => (await import('./office/office-part.ts')).hoardOfficePart,
    agent: async () => (await import('./agent/agent-part.ts')).hoardAgentPart,
    worker: async () => (await import('./worker/worker-part.ts')).hoardWorkerPart,
  },
})
