import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { type JobControl, jobListStages } from '#job/job-control.ts'
import type { JsonObject } from '#kernel/json.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { readBody, wholeNumber } from './read-request.ts'
import { reasonField } from './rebuild-fields.ts'
import { recordDecision } from './record-decision.ts'

const whySchema = v.strictObject({ reason: v.optional(reasonField, '') })
const mustSayWhySchema = v.strictObject({
  reason: v.pipe(reasonField, v.trim(), v.minLength(1, 'must say why')),
})
const countField = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2_000)), 2_000)
const retryAllSchema = v.strictObject({ ...whySchema.entries, countMax: countField })
const cancelAllSchema = v.strictObject({
  ...mustSayWhySchema.entries,
  stage: v.picklist(['waiting', 'running', 'parked'], 'must be waiting, running or parked'),
  countMax: countField,
})
const pageCountMax = 200
const pageCountDefault = 50

/**
 * `GET /queues`: how each queue stands. `GET /?stage&job&after&limit`: jobs that are waiting, scheduled, running, finished or
 * parked. `GET /<jobId>`: one, with its tries and the newest lines of their logs. `GET /<jobId>/log`: all that happened to it and
 * all it wrote, as text.
 *
 * `POST /<jobId>/retry { reason? }`, `/<jobId>/cancel { reason }`, `/<jobId>/bring-forward { reason? }`.
 * `POST /queues/<job>/pause { reason }`, `/resume { reason? }`, `/run { reason? }` (one more of a schedule, now),
 * `/retry { reason?, countMax? }` and `/cancel { stage, reason, countMax? }` answer how many, and how many are left. Decisions
 * are recorded before they are carried out, with who and why, those about one job as those about many: what is in the stream of
 * a job goes with it.
 */
export function createJobRoutes(options: AdminApiOptions): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  const jobs = (): JobControl => {
    const control = options.jobs?.()
    if (control) return control
    throw new PlatformError('unavailable', 'Logic does not lead just now: nobody keeps jobs here.')
  }
  const why = (c: Context<AdminVariables>, reason: string) => ({ by: c.get('user'), reason })
  const record = (c: Context<AdminVariables>, type: string, job: string, data: JsonObject) =>
    recordDecision(options, { type, about: { name: 'JobQueue', id: job }, user: c.get('user'), data: { job, ...data } })
  const recordAbout = async (
    c: Context<AdminVariables>,
    deed: 'retry' | 'cancel' | 'bring-forward',
    reason: string,
  ): Promise<void> => {
    const { job, jobId } = await jobs().find(c.req.param('jobId') ?? '')
    await record(c, 'peek.JobDecided', job, { jobId, deed, reason })
  }
  const findQueue = async (c: Context<AdminVariables>) => {
    const job = c.req.param('job') ?? ''
    const queues = await jobs().queues()
    const found = queues.find((queue) => queue.job === job)
    if (found) return found
    const near = nearestName(
      job,
      queues.map((queue) => queue.job),
    )
    throw new PlatformError('not-found', `There is no queue "${job}"${near ? `; did you mean "${near}"?` : '.'}`)
  }

  routes.get('/queues', async (c) => c.json({ queues: await jobs().queues() }))
  routes.get('/', async (c) => {
    const { stage = 'running', job, after, limit } = c.req.query()
    const known = jobListStages.find((one) => one === stage)
    if (!known) throw new PlatformError('bad-input', `stage is "${stage}": wanted one of ${jobListStages.join(', ')}.`)
    const countMax = limit ? Math.min(pageCountMax, wholeNumber('limit', limit, 1)) : pageCountDefault
    return c.json(await jobs().list({ stage: known, job: job || undefined, after: after || undefined, countMax }))
  })
  routes.get('/:jobId/log', async (c) => {
    const told = await jobs().tell(c.req.param('jobId'))
    return c.body(toBody(told), 200, { 'content-type': 'text/plain; charset=utf-8' })
  })
  routes.get('/:jobId', async (c) => c.json({ job: await jobs().find(c.req.param('jobId')) }))

  routes.post('/:jobId/retry', async (c) => {
    const { reason } = await readBody(c, whySchema)
    await recordAbout(c, 'retry', reason)
    await jobs().retry(c.req.param('jobId'), why(c, reason))
    return c.json({})
  })
  routes.post('/:jobId/cancel', async (c) => {
    const { reason } = await readBody(c, mustSayWhySchema)
    await recordAbout(c, 'cancel', reason)
    return c.json({ isChanged: await jobs().cancel(c.req.param('jobId'), why(c, reason)) })
  })
  routes.post('/:jobId/bring-forward', async (c) => {
    const { reason } = await readBody(c, whySchema)
    await recordAbout(c, 'bring-forward', reason)
    await jobs().bringForward(c.req.param('jobId'), why(c, reason))
    return c.json({})
  })

  routes.post('/queues/:job/pause', async (c) => {
    const { reason } = await readBody(c, mustSayWhySchema)
    const { job, isPaused } = await findQueue(c)
    if (!isPaused) await record(c, 'peek.JobQueuePaused', job, { reason })
    return c.json({ isChanged: !isPaused })
  })
  routes.post('/queues/:job/resume', async (c) => {
    const { reason } = await readBody(c, whySchema)
    const { job, isPaused } = await findQueue(c)
    if (isPaused) await record(c, 'peek.JobQueueResumed', job, { reason })
    return c.json({ isChanged: isPaused })
  })
  routes.post('/queues/:job/run', async (c) => {
    const { reason } = await readBody(c, whySchema)
    const { job } = await findQueue(c)
    await record(c, 'peek.JobRunRequested', job, { reason })
    return c.json({ jobId: await jobs().runScheduled(job, why(c, reason)) })
  })
  routes.post('/queues/:job/retry', async (c) => {
    const { reason, countMax } = await readBody(c, retryAllSchema)
    const { job } = await findQueue(c)
    await record(c, 'peek.JobsRetryRequested', job, { reason, countMax })
    return c.json(await jobs().retryAll(job, why(c, reason), countMax))
  })
  routes.post('/queues/:job/cancel', async (c) => {
    const { reason, stage, countMax } = await readBody(c, cancelAllSchema)
    const { job } = await findQueue(c)
    await record(c, 'peek.JobsCancelRequested', job, { reason, stage, countMax })
    return c.json(await jobs().cancelAll(job, stage, why(c, reason), countMax))
  })
  return routes
}

/** Read on as whoever asks takes it, and no further once they are gone. */
function toBody(told: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const pieces = told[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  return new ReadableStream({
    pull: async (controller) => {
      const { value, done } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: async () => void (await pieces.return?.()),
  })
}
