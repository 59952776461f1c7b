import { Hono } from 'hono'
import * as v from 'valibot'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Projector } from '#projection/projector.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { recordDecision } from './record-decision.ts'

const resetSchema = v.object({ reason: v.optional(v.pipe(v.string(), v.maxLength(1_000)), '') })

/** A reset waits for the stores, which may be away. */
const resetWaitMsMax = 8_000

/**
 * `GET /`: how each projection stands, how far behind it is and how fast it goes. `POST /<id>/reset { reason? }`: empties
 * its read model and replays the log.
 */
export function createProjectionRoutes(options: AdminApiOptions): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  routes.get('/', (c) => {
    const progress = new Map([...options.progress()].map((row) => [row.id, row]))
    const statusOf = (projector: Projector) => ({ ...progress.get(projector.id), ...projector.status() })
    return c.json({ projections: options.projectors().map(statusOf) })
  })
  routes.post('/:id/reset', async (c) => {
    const projector = findProjector(options.projectors(), c.req.param('id'))
    const body: unknown = await c.req.json().catch(() => ({}))
    const parsed = v.safeParse(resetSchema, body)
    if (!parsed.success)
      throw new PlatformError('bad-input', 'A reset takes { "reason": text } of at most 1000 characters.')
    await recordDecision(options, {
      type: 'peek.ProjectionResetRequested',
      about: { name: 'Projections', id: projector.id },
      user: c.get('user'),
      data: { projection: projector.id, reason: parsed.output.reason },
    })
    await beginReset(options.clock, projector)
    return c.json({ projection: projector.status() })
  })
  return routes
}

/** A reset that has not begun in time still begins: the projector keeps it in mind. */
async function beginReset(clock: Clock, projector: Projector): Promise<void> {
  const late = createDeferred<never>()
  const words = `The reset of ${projector.id} has not begun within ${resetWaitMsMax} ms: it begins as soon as the stores answer.`
  const cancel = clock.after(resetWaitMsMax, () => late.reject(new PlatformError('timeout', words)))
  await Promise.race([projector.reset(), late.promise]).finally(cancel)
}

function findProjector(projectors: readonly Projector[], id: string): Projector {
  const found = projectors.find((projector) => projector.id === id)
  if (found) return found
  const ids = projectors.map((projector) => projector.id)
  const near = nearestName(id, ids)
  if (ids.length === 0)
    throw new PlatformError('unavailable', 'Logic does not lead just now, so no projection runs here.')
  throw new PlatformError(
    'not-found',
    `There is no projection "${id}"${near ? `; did you mean "${near}"?` : `: there are ${ids.join(', ')}.`}`,
  )
}
