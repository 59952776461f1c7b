import { defineAgentPart } from '#plugin-api'
import { startTelling } from '../about.ts'

export const probeAgentPart = defineAgentPart({
  routes: (routes, context) => {
    const about = startTelling('agent', context)
    routes.get('/about', (c) => c.json(about()))
  },
})
