import { Hono } from 'hono'
import * as v from 'valibot'
import { PlatformError } from '#kernel/platform-error.ts'
import type { RebuildControl } from '#projection/rebuild/rebuild-control.ts'
import { differenceCursor, type RebuildState } from '#projection/rebuild/rebuild-state.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { readBody, wholeNumber } from './read-request.ts'
import { rateField, reasonField } from './rebuild-fields.ts'

const cancelSchema = v.object({ reason: v.optional(reasonField, '') })
const throttleSchema = v.object({ rateMax: rateField })

const pageCountMax = 200
const pageCountDefault = 50

/**
 * Rebuilds under way, and those that ended lately. They are started at their projection.
 *
 * `GET /`, `GET /<id>`. `POST /<id>/pause`, `/resume`, `/approve`, `/cancel { reason? }`, `/throttle { rateMax }` answer
 * `{ rebuild }` as it is then. `GET /<id>/differences?after&limit`: rows that differ from the live ones; `next` is the
 * `after` of the following page, null at the end.
 */
export function createRebuildRoutes(options: Pick<AdminApiOptions, 'rebuilds'>): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  const control = (): RebuildControl => getRebuilds(options)

  routes.get('/', (c) => c.json({ rebuilds: control().list() }))
  routes.get('/:id', (c) => c.json({ rebuild: findRebuild(control(), c.req.param('id')) }))

  /** Does it to a rebuild there is, and answers with how that is afterwards. */
  const steer = async (id: string, act: (rebuilds: RebuildControl) => Promise<void>) => {
    const rebuilds = control()
    findRebuild(rebuilds, id)
    await act(rebuilds)
    return { rebuild: findRebuild(rebuilds, id) }
  }
  routes.post('/:id/pause', async (c) => {
    const [id, user] = [c.req.param('id'), c.get('user')]
    return c.json(await steer(id, (rebuilds) => rebuilds.pause(id, user)))
  })
  routes.post('/:id/resume', async (c) => {
    const [id, user] = [c.req.param('id'), c.get('user')]
    return c.json(await steer(id, (rebuilds) => rebuilds.resume(id, user)))
  })
  routes.post('/:id/approve', async (c) => {
    const [id, user] = [c.req.param('id'), c.get('user')]
    return c.json(await steer(id, (rebuilds) => rebuilds.approve(id, user)))
  })
  routes.post('/:id/cancel', async (c) => {
    const [id, user] = [c.req.param('id'), c.get('user')]
    const { reason } = await readBody(c, cancelSchema)
    return c.json(await steer(id, (rebuilds) => rebuilds.cancel(id, user, reason)))
  })
  routes.post('/:id/throttle', async (c) => {
    const [id, user] = [c.req.param('id'), c.get('user')]
    const { rateMax } = await readBody(c, throttleSchema)
    return c.json(await steer(id, (rebuilds) => rebuilds.throttle(id, rateMax, user)))
  })

  routes.get('/:id/differences', async (c) => {
    const rebuilds = control()
    const { id, projection } = findRebuild(rebuilds, c.req.param('id'))
    const { after, limit } = c.req.query()
    const countMax = limit ? Math.min(pageCountMax, wholeNumber('limit', limit, 1)) : pageCountDefault
    const rows = await rebuilds.differences(id, { after: after || null, countMax })
    const last = rows.at(-1)
    return c.json({
      projection,
      // A side that has no such row is left out by JSON: null says so.
      rows: rows.map(({ live = null, shadow = null, ...row }) => ({ ...row, live, shadow })),
      next: last && rows.length === countMax ? differenceCursor(last) : null,
    })
  })
  return routes
}

/** The control of the logic that leads. Throws `unavailable` elsewhere. */
export function getRebuilds({ rebuilds }: Pick<AdminApiOptions, 'rebuilds'>): RebuildControl {
  const found = rebuilds()
  if (found) return found
  throw new PlatformError('unavailable', 'Logic does not lead just now, so nothing is rebuilt here. Try again shortly.')
}

function findRebuild(rebuilds: RebuildControl, id: string): RebuildState {
  const found = rebuilds.list().find((rebuild) => rebuild.id === id)
  if (found) return found
  throw new PlatformError(
    'not-found',
    `There is no rebuild "${id}": it is long over, or was never started. The list shows those there are.`,
  )
}
