import { defineOfficePart } from '#plugin-api'
import { hoard, hoardRoutes } from '../hoard.ts'

export const hoardOfficePart = defineOfficePart({
  rpcs: (context) => hoard('office', context),
  routes: hoardRoutes('office'),
})
