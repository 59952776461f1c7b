import * as v from 'valibot'
import { platformStream } from '#event-store/stream-name.ts'
import { withWords } from '#vortex/protocol/field-words.ts'
import { instant } from '#vortex/protocol/fields.ts'

/**
 * What is recorded about queues, beside the streams of their jobs: a person's pauses, when a schedule began to count, and
 * which jobs are forgotten.
 */
const text = withWords(v.string(), 'text of any length')
const forgotten = v.object({
  job: text,
  jobId: text,
  leases: v.array(text),
  /** Of its events, where nobody will ask for them: a schedule submitted it, it went well, and no person had a hand in it. */
  positions: v.optional(v.array(text), []),
})

export const jobQueueEventSchemas = {
  /** By a person, in the stream of the queue. */
  'peek.JobQueuePaused': v.object({ job: text, reason: text }),
  'peek.JobQueueResumed': v.object({ job: text, reason: text }),
  /** By the keeper, in the stream of the queue: from `at` on, what is due by this schedule counts. */
  'peek.JobScheduleBegun': v.object({ job: text, schedule: text, at: instant() }),
  /** By the keeper: their streams end here. What people decided about them is recorded elsewhere too. */
  'peek.JobsForgotten': v.object({
    jobs: withWords(v.array(forgotten), 'list of { job, jobId, leases, positions }'),
  }),
} as const

export type JobQueueEventType = keyof typeof jobQueueEventSchemas
export type JobQueueEvent = {
  [T in JobQueueEventType]: { readonly type: T; readonly data: v.InferOutput<(typeof jobQueueEventSchemas)[T]> }
}[JobQueueEventType]

/** What the keeper follows: these and all that happens to jobs. */
export const jobEventPrefix = 'peek.Job'

export const jobQueueStream = (job: string): string => platformStream('JobQueue', job)
export const forgottenJobsStream = platformStream('ForgottenJobs')

export function parseJobQueueEvent({
  type,
  data,
}: {
  readonly type: string
  readonly data: unknown
}): JobQueueEvent | undefined {
  if (!isJobQueueEventType(type)) return undefined
  const parsed = v.safeParse(jobQueueEventSchemas[type], data)
  return parsed.success ? ({ type, data: parsed.output } as JobQueueEvent) : undefined
}

function isJobQueueEventType(type: string): type is JobQueueEventType {
  return Object.hasOwn(jobQueueEventSchemas, type)
}
