import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { pause } from '#kernel/clock.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { ParkingControl, ParkingDecision, ParkingWork } from '#projection/parking-control.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { getStore, toShown } from './event-routes.ts'
import { readBody, wholeNumber } from './read-request.ts'
import { reasonField } from './rebuild-fields.ts'

const streamField = v.pipe(v.string('must name the stream of the entity'), v.nonEmpty(), v.maxLength(500))
const reason = v.optional(reasonField, '')
const retrySchema = v.union(
  [
    v.strictObject({ stream: streamField, reason }),
    v.strictObject({ fingerprint: v.pipe(v.string(), v.nonEmpty(), v.maxLength(100)), reason }),
  ],
  'wanted either a "stream" or a "fingerprint", and a "reason"',
)
const skipSchema = v.strictObject({ stream: streamField, eventId: v.pipe(v.string(), v.uuid()), reason })
const replaySchema = v.strictObject({ stream: streamField, reason })

const pageCountMax = 200
const pageCountDefault = 50
/** Most work is done sooner: then the answer tells how it went. */
const answerWaitMsMax = 1_000

type Route = Context<AdminVariables, '/:id/parked'>

/**
 * Parked events of projections.
 *
 * `GET /parked`: groups of failures, of all projections. `GET /<id>/parked`: of one, and what is done about them.
 * `GET /<id>/parked/entities?fingerprint&after&limit`: `next` is the `after` of the following page, null at the end.
 * `GET /<id>/parked/event?stream&revision`: the event that failed, null when the log does not hold it any more.
 *
 * `POST /<id>/parked/retry { stream | fingerprint, reason? }`, `/skip { stream, eventId, reason }`, `/replay { stream,
 * reason? }` answer 202 and `{ work }`, which goes on by itself; `GET /<id>/parked/work/<work>` tells how far it is,
 * `POST /<id>/parked/work/<work>/cancel` ends it.
 */
export function createParkingRoutes(
  options: Pick<AdminApiOptions, 'parking' | 'store' | 'clock'>,
): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  const control = (): ParkingControl => getParking(options)

  routes.get('/parked', async (c) => c.json({ groups: await control().groups() }))
  routes.get('/:id/parked', async (c) => {
    const id = c.req.param('id')
    return c.json({ groups: await control().groups(id), works: control().works(id) })
  })
  routes.get('/:id/parked/entities', async (c) => {
    const { fingerprint, after, limit } = c.req.query()
    const countMax = limit ? Math.min(pageCountMax, wholeNumber('limit', limit, 1)) : pageCountDefault
    const projection = c.req.param('id')
    const page = { projection, after: after || null, countMax, ...(fingerprint ? { fingerprint } : {}) }
    const entities = await control().entities(page)
    return c.json({ entities, next: entities.length === countMax ? (entities.at(-1)?.position ?? null) : null })
  })
  routes.get('/:id/parked/event', async (c) => {
    const { stream = '', revision = '' } = c.req.query()
    const from = wholeNumber('revision', revision, 0)
    const [event] = await getStore(options.store()).readStream(stream, { from, countMax: 1 })
    return c.json({ event: event?.revision === from ? toShown(event) : null })
  })

  const answer = async (
    c: Route,
    begin: (parking: ParkingControl, by: ParkingDecision) => Promise<ParkingWork>,
    why: string,
  ) => {
    const parking = control()
    const work = await begin(parking, { projection: c.req.param('id'), by: c.get('user'), reason: why })
    const soon = await Promise.race([parking.finished(work.id), pause(options.clock, answerWaitMsMax)])
    return c.json({ work: soon ?? findWork(parking, work.projection, work.id) }, 202)
  }
  routes.post('/:id/parked/retry', async (c) => {
    const { reason: why, ...what } = await readBody(c, retrySchema)
    return answer(c, (parking, by) => parking.retry(what, by), why)
  })
  routes.post('/:id/parked/skip', async (c) => {
    const { reason: why, ...what } = await readBody(c, skipSchema)
    return answer(c, (parking, by) => parking.skip(what, by), why)
  })
  routes.post('/:id/parked/replay', async (c) => {
    const { reason: why, ...what } = await readBody(c, replaySchema)
    return answer(c, (parking, by) => parking.replay(what, by), why)
  })

  routes.get('/:id/parked/work/:work', (c) =>
    c.json({ work: findWork(control(), c.req.param('id'), c.req.param('work')) }),
  )
  routes.post('/:id/parked/work/:work/cancel', async (c) => {
    const { id } = findWork(control(), c.req.param('id'), c.req.param('work'))
    await control().cancel(id, c.get('user'))
    return c.json({ work: await control().finished(id) })
  })
  return routes
}

/** The control of the logic that leads. Throws `unavailable` elsewhere. */
function getParking({ parking }: Pick<AdminApiOptions, 'parking'>): ParkingControl {
  const found = parking()
  if (found) return found
  throw new PlatformError('unavailable', 'Logic does not lead just now, so no projection runs here. Try again shortly.')
}

function findWork(parking: ParkingControl, projection: string, id: string): ParkingWork {
  const found = parking.works(projection).find((work) => work.id === id)
  if (found) return found
  const words = `Nothing called "${id}" is done on ${projection} here: it ended long ago, or logic was started since. The list shows what is left.`
  throw new PlatformError('not-found', words)
}
