import { definePlugin } from '#plugin-api'

/** Jobs that go well, and jobs that go wrong in every way a job can. */
export const plugin = definePlugin({
  id: 'chores',
  parts: {
    logic: async () => (await import('./logic/logic-part.ts')).choresLogicPart,
    worker: async () => (await import('./worker/worker-part.ts')).choresWorkerPart,
  },
})
