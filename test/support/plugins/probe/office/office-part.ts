import { defineOfficePart } from '#plugin-api'
import { startTelling } from '../about.ts'

export const probeOfficePart = defineOfficePart({
  routes: (routes, context) => {
    const about = startTelling('office', context)
    routes.get('/about', (c) => c.json(about()))
  },
})
