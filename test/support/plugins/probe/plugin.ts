import { definePlugin } from '#plugin-api'

/** A part on every service; each tells what it was given, under `/p/probe`. */
export const plugin = definePlugin({
  id: 'probe',
  parts: {
    logic: async () => (await import('./logic/logic-part.ts')).probeLogicPart,
    field: async () => (await import('./field/field-part.ts')).probeFieldPart,
    office: async () => (await import('./office/office-part.ts')).probeOfficePart,
    agent: async () => (await import('./agent/agent-part.ts')).probeAgentPart,
    worker: async () => (await import('./worker/worker-part.ts')).probeWorkerPart,
  },
})
