import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { type SettingsControl, SettingsRefused } from '#plugin-host/settings/settings-control.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { readBody, wholeNumber } from './read-request.ts'

const editSchema = v.strictObject({
  values: v.custom<JsonObject>(isJsonObject, 'must be an object with named fields'),
  revision: v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(0, 'must be 0 or more'),
  ),
})
const changesMax = 200
const changesDefault = 20

/**
 * `GET /`: the settings of every plugin that has any, with what a form needs. `GET /<plugin>`: those of one.
 * `GET /<plugin>/changes?limit`: who changed what when, newest first. `POST /<plugin> { values, revision }`: sets the fields
 * that are named, based on the revision that was seen; 422 with `fields` when a value does not fit, 409 when somebody else
 * changed them since.
 */
export function createSettingsRoutes({ settings }: Pick<AdminApiOptions, 'settings'>): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  const control = (): SettingsControl => {
    if (settings) return settings
    throw new PlatformError('unavailable', 'Settings are not kept here.')
  }
  const plugin = (c: Context<AdminVariables>): string => c.req.param('plugin') ?? ''

  routes.get('/', (c) => c.json({ settings: control().list() }))
  routes.get('/:plugin', (c) => c.json(control().get(plugin(c))))
  routes.get('/:plugin/changes', async (c) => {
    const { limit } = c.req.query()
    const countMax = limit ? Math.min(changesMax, wholeNumber('limit', limit, 1)) : changesDefault
    return c.json({ changes: await control().history(plugin(c), countMax) })
  })
  routes.post('/:plugin', async (c) => {
    const edit = await readBody(c, editSchema)
    try {
      return c.json(await control().change(plugin(c), { ...edit, user: c.get('user') }))
    } catch (error) {
      if (error instanceof SettingsRefused)
        return c.json({ error: { kind: error.kind, words: error.message, fields: error.faults } }, 422)
      if (isPlatformError(error, 'revision-conflict'))
        return c.json({ error: { kind: error.kind, words: error.message } }, 409)
      throw error
    }
  })
  return routes
}
