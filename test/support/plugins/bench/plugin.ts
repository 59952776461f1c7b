import { definePlugin } from '#plugin-api'

/** Counters in groups: the smallest plugin that exercises actions, a projection and an observable with a selector. */
export const plugin = definePlugin({
  id: 'bench',
  parts: { logic: async () => (await import('./logic/logic-part.ts')).benchLogicPart },
})
