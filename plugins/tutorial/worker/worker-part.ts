import { defineWorkerPart, runJob } from '#plugin-api'
import { NegateNumber } from '../shared/jobs.ts'
import { negateNumber } from './negate-number.ts'

/** What the tutorial runs on a worker: the code of its job. */
export const tutorialWorkerPart = defineWorkerPart({ jobs: [runJob(NegateNumber, negateNumber)] })
