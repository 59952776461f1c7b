import { Hono } from 'hono'
import * as v from 'valibot'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import type { PluginControl } from './plugin-control.ts'
import { readBody } from './read-request.ts'
import { reasonField } from './rebuild-fields.ts'

const restartSchema = v.strictObject({ reason: v.optional(reasonField, '') })

/**
 * `GET /`: the plugins that are enabled. `POST /<plugin>/restart { reason? }`: its parts end and start again, on every
 * service, without a restart of any; recorded before it is carried out.
 */
export function createPluginRoutes({ plugins }: Pick<AdminApiOptions, 'plugins'>): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  const control = (): PluginControl => {
    if (plugins) return plugins
    throw new PlatformError('unavailable', 'Plugins do not run here.')
  }
  routes.get('/', (c) => c.json({ plugins: control().list() }))
  routes.post('/:plugin/restart', async (c) => {
    const { reason } = await readBody(c, restartSchema)
    await control().restart(c.req.param('plugin'), { user: c.get('user'), reason })
    return c.json({})
  })
  return routes
}
