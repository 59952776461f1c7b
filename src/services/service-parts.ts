import { join, resolve } from 'node:path'
import type { Hono } from 'hono'
import { canonicalJson, type JsonObject } from '#kernel/json.ts'
import { systemRandom } from '#kernel/random.ts'
import type { PartService } from '#plugin-api/define-plugin.ts'
import { type DiscoveredPlugin, discoverPlugins } from '#plugin-host/discover-plugins.ts'
import { loadPart } from '#plugin-host/load-part.ts'
import type { PartPorts } from '#plugin-host/parts/part-ports.ts'
import { userHeader } from '#plugin-host/parts/part-routes.ts'
import { createPartsHost, type PartsHost } from '#plugin-host/parts/parts-host.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import type { PluginFacts } from '#vortex/protocol/plugin-facts.ts'
import { learnPlugins } from './learn-plugins.ts'
import type { ServiceContext } from './run-role.ts'
import type { PartHealth } from './service.ts'

const projectFolder = resolve(import.meta.dir, '../..')
type DialingRole = Exclude<PartService, 'logic'>

/**
 * The parts that run on a service that dials logic: those logic says are enabled, started and stopped as that changes.
 *
 * Promises: nothing starts before logic was asked, or is away; what logic no longer names is stopped within the process.
 */
export interface ServiceParts<S extends DialingRole> {
  readonly host: PartsHost<S>
  /** Undefined until logic has said. */
  enabled(): readonly DiscoveredPlugin[] | undefined
  health(): readonly PartHealth[]
  /** Adds the routes of the plugins to the service's site. */
  mount(site: Hono): void
  stop(): Promise<void>
}

export function startServiceParts<S extends DialingRole>(options: {
  service: S
  context: Pick<ServiceContext<DialingRole>, 'identity' | 'log' | 'clock'>
  /** The service's own folder. */
  folder: string
  /** Where plugins lie; empty: those that come with Peek. */
  pluginFolder: string
  link: Pick<VortexClient, 'state' | 'onState' | 'ask'>
  ports: Omit<PartPorts<S>, 'settings'>
  /** Told each set of plugins that logic says run. */
  onEnabled?: ((plugins: readonly DiscoveredPlugin[]) => void) | undefined
}): ServiceParts<S> {
  const { service, link, ports, folder } = options
  const { identity, log, clock } = options.context
  const pluginFolder = options.pluginFolder || join(projectFolder, 'plugins')
  const settings = createLearnedSettings()
  let enabled: readonly DiscoveredPlugin[] | undefined
  let names: readonly string[] = []
  let restarts: PluginFacts['restarts'] | undefined
  const host = createPartsHost<S>({
    service,
    load: (plugin) => loadPart(plugin, service),
    ports: { ...ports, settings },
    pathOf: (plugin) => partPath(service, plugin),
    filesFolder: join(folder, 'files'),
    clock,
    log,
  })
  /** Those that were asked for since the last facts; what was asked for before this process began is none of its business. */
  const takeRestarts = (next: PluginFacts['restarts']): readonly string[] => {
    const before = restarts
    restarts = next
    return before ? Object.keys(next).filter((plugin) => next[plugin] !== before[plugin]) : []
  }
  const onFacts = (facts: PluginFacts): void => {
    settings.take(facts.settings)
    const asked = takeRestarts(facts.restarts)
    const ranBefore = names
    if (!enabled || canonicalJson(names) !== canonicalJson(facts.enabled)) {
      names = facts.enabled
      enabled = discoverPlugins({ folder: pluginFolder, enabled: facts.enabled, platform: identity.build, log })
      void host.run(enabled)
      options.onEnabled?.(enabled)
    }
    // One that starts just now is new enough.
    for (const plugin of asked) if (ranBefore.includes(plugin)) void host.restart(plugin)
  }
  const learning = learnPlugins({ link, folder, onFacts, clock, random: systemRandom, log: log.named('plugins') })

  return {
    host,
    enabled: () => enabled,
    health: () => (enabled ? toPartsHealth(host) : [notKnownYet]),
    mount: (site) => mountParts(site, service, () => host),
    stop: async () => {
      learning.stop()
      await host.stop()
    },
  }
}

/** Where the routes of a plugin stand: an app has pages of its own under the same address. */
export function partPath(service: PartService, plugin: string): string {
  return service === 'agent' || service === 'worker' ? `/p/${plugin}` : `/p/${plugin}/api`
}

export function mountParts<S extends PartService>(
  site: Hono,
  service: S,
  host: () => Pick<PartsHost<S>, 'fetch'> | undefined,
): void {
  const path = partPath(service, ':plugin')
  for (const pattern of [path, `${path}/*`])
    site.all(pattern, async (c) => {
      const found = host()
      if (found) return found.fetch(c.req.param('plugin') ?? '', service === 'logic' ? c.req.raw : unnamed(c.req.raw))
      const words = 'Plugins do not run on this service just now.'
      return c.json({ error: { kind: 'unavailable', words } }, 503, { 'retry-after': '2' })
    })
}

/** Only the door of the admin site says who asks; elsewhere nobody has checked it. */
function unnamed(request: Request): Request {
  if (!request.headers.has(userHeader)) return request
  const headers = new Headers(request.headers)
  headers.delete(userHeader)
  return new Request(request, { headers })
}

/** A part that does not run is trouble of its own: the service and the other plugins go on. At first they are waited for. */
export function toPartsHealth(host: Pick<PartsHost<PartService>, 'statuses' | 'isSettled'>): readonly PartHealth[] {
  return host.statuses().map(({ plugin, state, words }): PartHealth => {
    const name = `plugin ${plugin}`
    const isApart = host.isSettled()
    if (state === 'running') return { name, state: 'ready', words: 'runs' }
    if (state === 'failed' || state === 'stuck') return { name, state: 'stopped', words, isApart: true }
    return { name, state: 'starting', words: words || `it is ${state}`, isApart }
  })
}

const notKnownYet: PartHealth = { name: 'plugins', state: 'starting', words: 'logic has not said yet which ones run' }

/** What logic said is set, as parts ask for it; who listens hears of changes only. */
function createLearnedSettings() {
  let values: PluginFacts['settings'] = {}
  const listeners = new Map<string, Set<() => void>>()
  return {
    take: (next: PluginFacts['settings']): void => {
      const before = values
      values = next
      for (const [plugin, told] of listeners)
        if (canonicalJson(before[plugin]) !== canonicalJson(next[plugin])) for (const listener of told) listener()
    },
    valuesOf: (plugin: string): JsonObject | undefined => values[plugin] as JsonObject | undefined,
    onChange: (plugin: string, listener: () => void): (() => void) => {
      const told = listeners.get(plugin) ?? new Set()
      listeners.set(plugin, told.add(listener))
      return () => void told.delete(listener)
    },
  }
}
