import { defineWorkerPart, runJob } from '#plugin-api'
import { NegateNumber, SpecificNumber } from '../shared/jobs.ts'
import { negateNumber } from './negate-number.ts'
import { pickSpecificNumber } from './pick-specific-number.ts'

/** What the plugin runs on a worker: the code of its jobs. */
export const learningWorkerPart = defineWorkerPart({
  jobs: [runJob(NegateNumber, negateNumber), runJob(SpecificNumber, pickSpecificNumber)],
})
