import { defineWorkerPart, runJob } from '#plugin-api'
import { hoard, hoardRoutes } from '../hoard.ts'
import { Later } from '../shared/hoard.ts'

export const hoardWorkerPart = defineWorkerPart({
  rpcs: (context) => hoard('worker', context),
  routes: hoardRoutes('worker'),
  jobs: [runJob(Later, () => ({}))],
  start: async ({ database }) => {
    await database.sql`select 1`
  },
})
