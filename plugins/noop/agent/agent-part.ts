import { defineAgentPart } from '#plugin-api'
import { commonRoutes } from '../parts/common-routes.ts'
import { commonRpcs } from '../parts/common-rpcs.ts'
import { callTrials } from './call-trials.ts'
import { outsideTrials } from './outside-trials.ts'
import { echoRoute } from './rest-routes.ts'

export const noopAgentPart = defineAgentPart({
  rpcs: (context) => [...commonRpcs('agent', context), ...callTrials(context), ...outsideTrials(context)],
  routes: commonRoutes('agent'),
  rest: [echoRoute],
})
