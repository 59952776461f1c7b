import { adminRole, type Principal } from '#vortex/protocol/principal.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'

/**
 * Who pushes an action that no person asked for: the platform, for a reactor or a part, `<plugin>.<name>`, which stands in
 * the place of a device. A plugin has no secrets from itself; to other plugins it is like anybody.
 */
export function asPusher(pusher: string, action: string): Principal {
  const roles = pluginOf(action) === pluginOf(pusher) ? [adminRole] : []
  return { user: 'peek', device: pusher, service: 'logic', roles }
}
