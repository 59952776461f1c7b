import { defineOfficePart } from '#plugin-api'
import { commonRoutes } from '../parts/common-routes.ts'
import { commonRpcs } from '../parts/common-rpcs.ts'
import { answerScreen } from '../parts/screen/answer-screen.ts'

export const noopOfficePart = defineOfficePart({
  rpcs: (context) => [...commonRpcs('office', context), answerScreen('office', context)],
  routes: commonRoutes('office'),
})
