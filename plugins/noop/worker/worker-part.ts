import { defineWorkerPart } from '#plugin-api'
import { commonRoutes } from '../parts/common-routes.ts'
import { commonRpcs } from '../parts/common-rpcs.ts'
import { jobTrials } from './job-trials.ts'

export const noopWorkerPart = defineWorkerPart({
  rpcs: (context) => commonRpcs('worker', context),
  routes: commonRoutes('worker'),
  jobs: jobTrials,
})
