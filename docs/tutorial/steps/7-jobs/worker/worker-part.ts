import { defineWorkerPart, runJob } from '#plugin-api'
import { NegateNumber } from '../shared/jobs.ts'
import { negateNumber } from './negate-number.ts'

/** What the plugin runs on a worker: the code of its job. */
export const learningWorkerPart = defineWorkerPart({ jobs: [runJob(NegateNumber, negateNumber)] })
