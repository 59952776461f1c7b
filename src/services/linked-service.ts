/**
 * What agent and worker have in common: a small site of their own and a link they dial to logic.
 *
 * Promises: `run` settles when the site listens, whether or not logic is there (S1).
 */

import type { Hono } from 'hono'
import type { ServiceRole } from '#config/options/role-options.ts'
import { createHealthSite } from './health-site.ts'
import type { ServiceContext } from './run-role.ts'
import { combineHealth, type PartHealth, type Service, type ServiceHealth } from './service.ts'
import { openServiceLink, type ServiceLink } from './service-link.ts'
import { type Site, startSite } from './start-site.ts'
import { noHoldings } from './status-report.ts'

type LinkedRole = Extract<ServiceRole, 'agent' | 'worker'>

export type LinkedServiceOptions = {
  readonly context: ServiceContext<LinkedRole>
  /** Adds the routes of the role itself. */
  readonly addRoutes?: (site: Hono) => void
  readonly partsHealth?: () => readonly PartHealth[]
}

type Stage =
  | { readonly stage: 'new' }
  | { readonly stage: 'running'; readonly site: Site; readonly link: ServiceLink }
  | { readonly stage: 'draining'; readonly site: Site; readonly link: ServiceLink }
  | { readonly stage: 'stopped' }

export function createLinkedService({ context, addRoutes, partsHealth = () => [] }: LinkedServiceOptions): Service {
  const { config, identity, meter, log, clock } = context
  const { host, httpServer, serviceLink } = config.values
  let now: Stage = { stage: 'new' }

  const url = () => (now.stage === 'running' || now.stage === 'draining' ? now.site.url : undefined)
  const health = (): ServiceHealth => {
    switch (now.stage) {
      case 'new':
        return { state: 'starting', words: 'not running yet', parts: [] }
      case 'running':
        return combineHealth([now.link.health(), ...partsHealth()])
      case 'draining':
        return { state: 'draining', words: 'finishing what is in flight', parts: [now.link.health()] }
      case 'stopped':
        return { state: 'stopped', words: 'stopped', parts: [] }
    }
  }
  return {
    name: identity.name,
    url,
    health,
    run: async () => {
      const routes = createHealthSite({ identity, health, gauges })
      addRoutes?.(routes)
      const site = startSite({ host, port: httpServer.sitePort, key: 'httpServer.sitePort', fetch: routes.fetch })
      const link = openServiceLink({
        address: serviceLink,
        identity,
        meter,
        url,
        holdings: () => noHoldings,
        log,
        clock,
      })
      now = { stage: 'running', site, link }
    },
    drain: async () => {
      if (now.stage === 'running') now = { ...now, stage: 'draining' }
    },
    stop: async () => {
      const last = now
      now = { stage: 'stopped' }
      if (last.stage !== 'running' && last.stage !== 'draining') return
      last.link.close()
      await last.site.stop()
    },
  }

  function gauges() {
    return { memory_bytes: meter.memoryBytes(), loop_delay_ms: meter.loopDelayMs() }
  }
}
