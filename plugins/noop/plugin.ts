import { definePlugin } from '#plugin-api'

/** Does nothing of use, with everything the platform has: the conformance test of plugins, run by whoever wants to know. */
export const plugin = definePlugin({
  id: 'noop',
  parts: {
    logic: async () => (await import('./logic/logic-part.ts')).noopLogicPart,
    field: async () => (await import('./field/field-part.ts')).noopFieldPart,
    office: async () => (await import('./office/office-part.ts')).noopOfficePart,
    agent: async () => (await import('./agent/agent-part.ts')).noopAgentPart,
    worker: async () => (await import('./worker/worker-part.ts')).noopWorkerPart,
  },
})
