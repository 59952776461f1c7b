import { defineWorkerPart } from '#plugin-api'
import { startTelling } from '../about.ts'

export const probeWorkerPart = defineWorkerPart({
  routes: (routes, context) => {
    const about = startTelling('worker', context)
    routes.get('/about', (c) => c.json(about()))
  },
  start: async ({ database }) => {
    await database.sql`insert into visits (service) values ('worker') on conflict do nothing`
  },
})
