import { defineFieldPart, definePlugin } from '#plugin-api'

/** Its one part throws when it starts. */
export const plugin = definePlugin({
  id: 'probe-broken',
  parts: { field: async () => defineFieldPart({ start: () => Promise.reject(new Error('out of luck')) }) },
})
