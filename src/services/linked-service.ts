/**
 * What agent and worker have in common: a small site of their own, a link they dial to logic, and the parts of plugins.
 *
 * Promises: `run` settles when the site listens, whether or not logic is there (S1); parts end before the link does.
 */

import type { Hono } from 'hono'
import type { LoadedConfig } from '#config/load-config.ts'
import type { ServiceRole } from '#config/options/role-options.ts'
import type { DiscoveredPlugin } from '#plugin-host/discover-plugins.ts'
import type { PartPorts } from '#plugin-host/parts/part-ports.ts'
import type { RpcDesk } from '#rpc/create-rpc-desk.ts'
import { createHealthSite, type Gauges } from './health-site.ts'
import type { Drainable } from './order-desk.ts'
import type { ServiceContext } from './run-role.ts'
import { combineHealth, type PartHealth, type Service, type ServiceHealth } from './service.ts'
import { openServiceLink, type ServiceLink } from './service-link.ts'
import { mountParts, type ServiceParts, startServiceParts } from './service-parts.ts'
import { createServiceRpc } from './service-rpc.ts'
import type { SiteCertificates } from './site-certificate.ts'
import { type Site, type SiteOfRequests, startSite } from './start-site.ts'
import { type Holdings, noHoldings } from './status-report.ts'

type LinkedRole = Extract<ServiceRole, 'agent' | 'worker'>

export type LinkedServiceOptions<R extends LinkedRole> = {
  readonly role: R
  readonly context: ServiceContext<R>
  /** What the parts of plugins are given here, for as long as this link is open. */
  readonly ports: (
    link: ServiceLink,
    site: SiteOfRequests,
    calls: RpcDesk,
  ) => Omit<PartPorts<R>, 'settings' | 'rpc' | 'siteUrl'>
  /** What its site shows who it is; without, it speaks plain HTTP. */
  readonly certificates?: SiteCertificates | undefined
  /** Adds the routes of the role itself. */
  readonly addRoutes?: (site: Hono) => void
  readonly partsHealth?: () => readonly PartHealth[]
  /** Figures of the role for whoever measures; name without the prefix, unit last. */
  readonly gauges?: () => Gauges
  /** What it holds beside its connections. */
  readonly holdings?: () => Partial<Holdings>
  /** Told each set of plugins that logic says run. */
  readonly onPlugins?: (plugins: readonly DiscoveredPlugin[]) => void
  /** What keeps new work away when an administrator says so. */
  readonly drainable?: Drainable
}

type Working<R extends LinkedRole> = {
  readonly site: Site
  readonly link: ServiceLink
  readonly parts: ServiceParts<R>
}
type Stage<R extends LinkedRole> =
  | { readonly stage: 'new' }
  | ({ readonly stage: 'running' } & Working<R>)
  | ({ readonly stage: 'draining' } & Working<R>)
  | { readonly stage: 'stopped' }

export function createLinkedService<R extends LinkedRole>(options: LinkedServiceOptions<R>): Service {
  const { role, addRoutes, partsHealth = () => [], drainable, holdings, certificates } = options
  const { identity, meter, log, clock, supervisor } = options.context
  // Both roles have these options; the type of one that is not named yet does not say so.
  const { folder, values } = options.context.config as LoadedConfig<LinkedRole>
  const { host, httpServer, serviceLink, plugin } = values
  let now: Stage<R> = { stage: 'new' }

  const url = () => (now.stage === 'running' || now.stage === 'draining' ? now.site.url : undefined)
  const health = (): ServiceHealth => {
    switch (now.stage) {
      case 'new':
        return { state: 'starting', words: 'not running yet', parts: [] }
      case 'running':
        return combineHealth([
          now.link.health(),
          ...(certificates ? [certificates.health()] : []),
          ...now.parts.health(),
          ...partsHealth(),
        ])
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
    takeUncaught: (error) => (now.stage === 'running' || now.stage === 'draining') && now.parts.host.blame(error),
    run: async () => {
      const routes = createHealthSite({ identity, health, gauges })
      let working: Working<R> | undefined
      mountParts(routes, role, () => working?.parts.host)
      addRoutes?.(routes)
      const place = { host, port: httpServer.sitePort, key: 'httpServer.sitePort' }
      const site = startSite({ ...place, fetch: routes.fetch, certificate: certificates?.current() })
      certificates?.onRenewed(site.show)
      const rpc = createServiceRpc({ role, identity, clock, log })
      const link = openServiceLink({
        address: serviceLink,
        identity,
        meter,
        url,
        holdings: () => ({ ...noHoldings, ...holdings?.() }),
        rpc,
        parts: () => working?.parts.host.statuses() ?? [],
        supervisor,
        drainable,
        log,
        clock,
      })
      const parts = startServiceParts({
        service: role,
        context: options.context,
        folder,
        pluginFolder: plugin.folder,
        link: link.client,
        ports: { ...options.ports(link, site, rpc.desk), rpc: rpc.desk, siteUrl: () => site.url },
        onEnabled: options.onPlugins,
      })
      working = { site, link, parts }
      now = { stage: 'running', ...working }
    },
    drain: async () => {
      if (now.stage !== 'running') return
      now = { ...now, stage: 'draining' }
      await now.parts.stop()
    },
    stop: async () => {
      const last = now
      now = { stage: 'stopped' }
      certificates?.stop()
      if (last.stage !== 'running' && last.stage !== 'draining') return
      await last.parts.stop()
      last.link.close()
      await last.site.stop()
    },
  }

  function gauges() {
    return { memory_bytes: meter.memoryBytes(), loop_delay_ms: meter.loopDelayMs(), ...options.gauges?.() }
  }
}
