import type { PartRoutes } from '#plugin-api'
import type { Service } from '../shared/services.ts'

/** The route of every part: says where it stands and what it was asked. */
export function commonRoutes(service: Service): PartRoutes<unknown> {
  return (routes) => {
    routes.get('/about', (c) => c.json({ service, token: c.req.query('token') ?? '' }))
  }
}

/** Where it stands on the service's site: an app has pages of its own under the plugin's address. */
export function routePath(service: Service): string {
  return service === 'agent' || service === 'worker' ? '/p/noop/about' : '/p/noop/api/about'
}
