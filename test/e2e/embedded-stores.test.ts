import { describeMainJob } from './main-job.ts'

describeMainJob('on the embedded stores', { environment: async () => ({}) })
