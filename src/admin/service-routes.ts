import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { PlatformError } from '#kernel/platform-error.ts'
import type { ServiceOrder } from '#vortex/protocol/service-order.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { readBody } from './read-request.ts'
import { reasonField } from './rebuild-fields.ts'
import { recordDecision } from './record-decision.ts'
import type { ServiceControl, ServiceView } from './service-control.ts'

const mustSayWhySchema = v.strictObject({
  reason: v.pipe(reasonField, v.trim(), v.minLength(1, 'must say why')),
})
const whySchema = v.strictObject({ reason: v.optional(reasonField, '') })

/**
 * `GET /`: every instance, each with the parts of plugins it runs. `POST /<instance>/restart { reason }` where it is
 * supervised, also of one that is lost, which is ended by force where it runs beside logic, `/drain { reason }` of a worker, which then takes no new job, and `/resume { reason? }`, which takes that back;
 * the last two answer whether that changed anything. Decisions are recorded before they are carried out, with who and why.
 */
export function createServiceRoutes(options: AdminApiOptions): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  const control = (): ServiceControl => {
    if (options.services) return options.services
    throw new PlatformError('unavailable', 'Services cannot be asked here.')
  }
  const find = (c: Context<AdminVariables>): ServiceView => {
    const instance = c.req.param('instance') ?? ''
    const found = control()
      .services()
      .find(({ id }) => id === instance)
    if (!found) throw new PlatformError('not-found', `No instance ${instance} is connected to this logic.`)
    return found
  }
  const findOnline = (c: Context<AdminVariables>): ServiceView => {
    const found = find(c)
    if (found.state === 'online') return found
    throw new PlatformError(
      'unavailable',
      `The ${nameOf(found)} is not connected just now: it cannot be told anything.`,
    )
  }
  const decide = async (
    c: Context<AdminVariables>,
    service: ServiceView,
    order: ServiceOrder['order'],
    reason: string,
  ): Promise<void> => {
    const user = c.get('user')
    const { id, name, instanceName, zone, host, pid } = service
    const about = { service: name, instance: id, instanceName, zone, host }
    await recordDecision(options, {
      type: eventTypes[order],
      about: { name: 'Service', id: service.installation || id },
      user,
      data: order === 'restart' ? { ...about, pid, reason } : { ...about, reason },
    })
    await control().order(id, { order, by: user, reason })
  }

  routes.get('/', (c) => {
    const parts = control().parts()
    const services = control().services()
    return c.json({
      services: services.map((service) => ({
        ...service,
        parts: parts.filter(({ instance }) => instance === service.id),
      })),
    })
  })
  routes.post('/:instance/restart', async (c) => {
    const { reason } = await readBody(c, mustSayWhySchema)
    const service = control().canForce(find(c).id) ? find(c) : findOnline(c)
    if (!service.isSupervised) {
      const words = `The ${nameOf(service)} was started by hand: nobody would start it again. Restart it where it was started.`
      throw new PlatformError('bad-input', words)
    }
    await decide(c, service, 'restart', reason)
    return c.json({})
  })
  routes.post('/:instance/drain', async (c) => {
    const { reason } = await readBody(c, mustSayWhySchema)
    const service = findWorker(findOnline(c))
    if (!service.isDraining) await decide(c, service, 'drain', reason)
    return c.json({ isChanged: !service.isDraining })
  })
  routes.post('/:instance/resume', async (c) => {
    const { reason } = await readBody(c, whySchema)
    const service = findWorker(findOnline(c))
    if (service.isDraining) await decide(c, service, 'resume', reason)
    return c.json({ isChanged: service.isDraining })
  })
  return routes
}

const eventTypes = {
  restart: 'peek.ServiceRestartRequested',
  drain: 'peek.WorkerDrained',
  resume: 'peek.WorkerResumed',
} as const

function findWorker(service: ServiceView): ServiceView {
  if (service.name === 'worker') return service
  throw new PlatformError('bad-input', `The ${nameOf(service)} takes no jobs: only a worker is drained.`)
}

function nameOf({ name, instanceName, zone }: ServiceView): string {
  return `${name} "${instanceName}" in zone ${zone}`
}
