import { Hono } from 'hono'
import * as v from 'valibot'
import { toMetadata } from '#event-store/metadata.ts'
import { platformStream } from '#event-store/stream-name.ts'
import { newUuid } from '#kernel/ids.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Projector } from '#projection/projector.ts'
import type { AdminApiOptions, AdminVariables } from './admin-api.ts'

const resetSchema = v.object({ reason: v.optional(v.pipe(v.string(), v.maxLength(1_000)), '') })

/** `GET /`: how each projection stands. `POST /<id>/reset { reason? }`: empties its read model and replays the log. */
export function createProjectionRoutes(options: AdminApiOptions): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  routes.get('/', (c) => c.json({ projections: options.projectors().map((projector) => projector.status()) }))
  routes.post('/:id/reset', async (c) => {
    const projector = findProjector(options.projectors(), c.req.param('id'))
    const body: unknown = await c.req.json().catch(() => ({}))
    const parsed = v.safeParse(resetSchema, body)
    if (!parsed.success)
      throw new PlatformError('bad-input', 'A reset takes { "reason": text } of at most 1000 characters.')
    await recordReset(options, projector.id, c.get('user'), parsed.output.reason)
    await projector.reset()
    return c.json({ projection: projector.status() })
  })
  return routes
}

/** Who did it and why is in the log before it happens. */
async function recordReset(options: AdminApiOptions, id: string, user: string, reason: string): Promise<void> {
  const store = options.store()
  if (!store) throw new PlatformError('unavailable', 'The event store is being reached; try again shortly.')
  const actionId = newUuid()
  const now = options.clock.now()
  const metadata = toMetadata({
    actionId,
    correlationId: actionId,
    causationId: actionId,
    user,
    device: options.instance,
    service: 'logic',
    plugin: 'peek',
    pluginVersion: '',
    schemaVersion: 1,
    occurredAt: now,
    recordedAt: now,
  })
  const event = { id: actionId, type: 'peek.ProjectionResetRequested', data: { projection: id, reason }, metadata }
  await store.append(platformStream('Projections', id), [event], 'any')
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
