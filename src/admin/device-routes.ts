import { Hono } from 'hono'
import * as v from 'valibot'
import { isUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import type { DeviceControl, DeviceView } from './device-control.ts'
import { readBody } from './read-request.ts'
import { reasonField } from './rebuild-fields.ts'
import { recordDecision } from './record-decision.ts'

const forgetSchema = v.strictObject({ reason: v.pipe(reasonField, v.trim(), v.minLength(1, 'must say why')) })

/**
 * `GET /`: every device, one row an app and a person on it. `GET /<device>`: those of one, when it was connected, and what
 * its people asked for help with. `POST /<device>/forget { reason }`: of one that will not come back, recorded before it is
 * done, with who and why and what was on it.
 */
export function createDeviceRoutes(options: AdminApiOptions): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  const control = (): DeviceControl => {
    if (options.devices) return options.devices
    throw new PlatformError('unavailable', 'Nobody keeps account of devices here.')
  }
  const find = (device: string): readonly DeviceView[] => {
    const found = isUuid(device)
      ? control()
          .devices()
          .filter((row) => row.device === device)
      : []
    if (found.length > 0) return found
    throw new PlatformError('not-found', `There is no device "${device}".`)
  }

  routes.get('/', (c) => c.json({ devices: control().devices() }))
  routes.get('/:device', async (c) => {
    const device = c.req.param('device')
    const devices = find(device)
    const [contacts, help] = await Promise.all([control().contactsOf(device), control().helpOf(device)])
    return c.json({ devices, contacts, help })
  })
  routes.post('/:device/forget', async (c) => {
    const { reason } = await readBody(c, forgetSchema)
    const device = c.req.param('device')
    const found = find(device)
    if (found.some(({ isOnline }) => isOnline))
      throw new PlatformError('bad-input', `The device ${device} is connected: it would be back at once.`)
    await recordDecision(options, {
      type: 'peek.DeviceForgotten',
      about: { name: 'Device', id: device },
      user: c.get('user'),
      data: {
        device,
        apps: found.map(({ app, user, leftCount }) => ({ app, user, leftCount })),
        reason,
      },
    })
    await control().forget(device)
    return c.json({})
  })
  return routes
}
