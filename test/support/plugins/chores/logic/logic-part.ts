import { answerRpc, defineLogicPart } from '#plugin-api'
import { choreJobs, NegateForJob } from '../shared/jobs.ts'

export const choresLogicPart = defineLogicPart({
  jobs: choreJobs,
  rpcs: [answerRpc(NegateForJob, ({ number }) => ({ negated: -number }))],
})
