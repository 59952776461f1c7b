import { Hono } from 'hono'
import * as v from 'valibot'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Projector } from '#projection/projector.ts'
import { isOver, type RebuildKind } from '#projection/rebuild/rebuild-state.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { findProjector } from './find-projector.ts'
import { readBody } from './read-request.ts'
import { rateField, reasonField } from './rebuild-fields.ts'
import { getRebuilds } from './rebuild-routes.ts'
import { recordDecision } from './record-decision.ts'

const resetSchema = v.object({ reason: v.optional(reasonField, '') })
const startSchema = v.strictObject({
  reason: v.optional(reasonField, ''),
  asksFirst: v.optional(v.boolean(), false),
  rateMax: v.optional(rateField, null),
})

/** A reset waits for the stores, which may be away. */
const resetWaitMsMax = 8_000

/**
 * `GET /`: how each projection stands, how far behind it is and how fast it goes. `GET /kept`: tables of earlier versions
 * that can be returned to. `GET /<id>`: one, with its kept tables and its rebuilds.
 *
 * `GET /<id>/estimate`: what a rebuild would take. `POST /<id>/rebuild { reason?, asksFirst?, rateMax? }` and
 * `POST /<id>/return` (the same body, back to the kept tables) answer 202 and `{ rebuild }`, which goes on by itself.
 * `POST /<id>/drop` gives the room of the kept tables back. `POST /<id>/reset { reason? }` empties the read model and
 * replays the log in place.
 */
export function createProjectionRoutes(options: AdminApiOptions): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  const statusOf = (projector: Projector) => {
    const progress = [...options.progress()].find((row) => row.id === projector.id)
    const status = projector.status()
    // Of one look, as the head: where nothing it reads lies between, both are the same.
    const position = progress?.position ?? status.position
    return { ...progress, ...status, position }
  }
  const find = (id: string): Projector => findProjector(options.projectors(), id)

  routes.get('/', (c) => c.json({ projections: options.projectors().map(statusOf) }))
  routes.get('/kept', async (c) => c.json({ kept: await getRebuilds(options).kept() }))
  routes.get('/:id', async (c) => {
    const projector = find(c.req.param('id'))
    const rebuilds = getRebuilds(options)
    const kept = (await rebuilds.kept()).find((tables) => tables.projection === projector.id)
    return c.json({
      projection: statusOf(projector),
      kept: kept ?? null,
      rebuilds: rebuilds.list().filter((rebuild) => rebuild.projection === projector.id),
    })
  })
  routes.get('/:id/estimate', async (c) =>
    c.json({ estimate: await getRebuilds(options).estimate(find(c.req.param('id')).id) }),
  )

  for (const [verb, kind] of Object.entries(kinds))
    routes.post(`/:id/${verb}`, async (c) => {
      const { id: projection } = find(c.req.param('id'))
      const request = await readBody(c, startSchema)
      const rebuild = await getRebuilds(options).start({ kind, projection, by: c.get('user'), ...request })
      return c.json({ rebuild }, 202)
    })
  routes.post('/:id/drop', async (c) => {
    await getRebuilds(options).drop(find(c.req.param('id')).id, c.get('user'))
    return c.json({})
  })

  routes.post('/:id/reset', async (c) => {
    const projector = find(c.req.param('id'))
    const { reason } = await readBody(c, resetSchema)
    const isRebuilding = options
      .rebuilds()
      ?.list()
      .some((one) => one.projection === projector.id && !isOver(one.phase))
    if (isRebuilding)
      throw new PlatformError('already-running', `${projector.id} is being rebuilt: wait, or cancel that first.`)
    await recordDecision(options, {
      type: 'peek.ProjectionResetRequested',
      about: { name: 'Projections', id: projector.id },
      user: c.get('user'),
      data: { projection: projector.id, reason },
    })
    await beginReset(options.clock, projector)
    return c.json({ projection: projector.status() })
  })
  return routes
}

const kinds: Readonly<Record<string, RebuildKind>> = { rebuild: 'rebuild', return: 'return' }

/** A reset that has not begun in time still begins: the projector keeps it in mind. */
async function beginReset(clock: Clock, projector: Projector): Promise<void> {
  const late = createDeferred<never>()
  const words = `The reset of ${projector.id} has not begun within ${resetWaitMsMax} ms: it begins as soon as the stores answer.`
  const cancel = clock.after(resetWaitMsMax, () => late.reject(new PlatformError('timeout', words)))
  await Promise.race([projector.reset(), late.promise]).finally(cancel)
}
