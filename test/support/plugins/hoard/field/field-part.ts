import { defineFieldPart } from '#plugin-api'
import { hoard, hoardRoutes } from '../hoard.ts'

export const hoardFieldPart = defineFieldPart({
  rpcs: (context) => hoard('field', context),
  routes: hoardRoutes('field'),
})
