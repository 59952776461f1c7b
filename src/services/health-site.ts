/**
 * The three questions every service answers over HTTP.
 *
 * `/health` is 200 as long as the process answers at all, with what it knows about itself; `/ready` is 200 only while
 * it should be given work, which a plugin that failed does not hinder, else 503 with the reasons; `/metrics` is a few gauges as plain text.
 */
import { Hono } from 'hono'
import type { ServiceHealth } from './service.ts'
import type { ServiceIdentity } from './service-identity.ts'

export type Gauges = Readonly<Record<string, number>>

export type HealthSiteOptions = {
  readonly identity: ServiceIdentity
  readonly health: () => ServiceHealth
  /** Name without the prefix `peek_`, unit last. */
  readonly gauges: () => Gauges
}

const unavailable = 503

export function createHealthSite({ identity, health, gauges }: HealthSiteOptions): Hono {
  const site = new Hono()
  const about = () => ({ service: identity.name, instance: identity.id, build: identity.build, ...health() })
  site.get('/health', (context) => context.json(about()))
  site.get('/ready', (context) => {
    const found = about()
    return found.state === 'ready' || found.takesWork ? context.json(found) : context.json(found, unavailable)
  })
  site.get('/metrics', (context) => {
    const { state } = health()
    return context.text(toGaugeText(identity.name, { ready: state === 'ready' ? 1 : 0, ...gauges() }))
  })
  return site
}

function toGaugeText(service: string, gauges: Gauges): string {
  const lines = Object.entries(gauges).map(([name, value]) => `peek_${name}{service="${service}"} ${value}`)
  return `${lines.join('\n')}\n`
}
