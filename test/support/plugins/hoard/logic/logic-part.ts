import { defineLogicPart } from '#plugin-api'
import { hoard, hoardRoutes, hoardSettings } from '../hoard.ts'
import { Later } from '../shared/hoard.ts'

const hourMs = 3_600_000

export const hoardLogicPart = defineLogicPart({
  settings: hoardSettings,
  jobs: [Later],
  rpcs: (context) => hoard('logic', context),
  routes: hoardRoutes('logic'),
  start: async ({ database, jobs, after }) => {
    await database.sql`select 1`
    after(1, async () => {
      const job = await jobs.submit(Later, {}, { key: 'one', notBefore: Date.now() + hourMs })
      await job.result().catch(() => undefined)
    })
  },
})
