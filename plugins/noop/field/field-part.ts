import { defineFieldPart } from '#plugin-api'
import { commonRoutes } from '../parts/common-routes.ts'
import { commonRpcs } from '../parts/common-rpcs.ts'
import { answerScreen } from '../parts/screen/answer-screen.ts'

export const noopFieldPart = defineFieldPart({
  rpcs: (context) => [...commonRpcs('field', context), answerScreen('field', context)],
  routes: commonRoutes('field'),
})
