import { join, resolve } from 'node:path'
import { Hono } from 'hono'
import { getEventStoreAddress } from '#config/stores-file.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { backOffMs } from '#kernel/back-off.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { systemRandom } from '#kernel/random.ts'
import { toAppManifest } from '#plugin-host/app-manifest.ts'
import { discoverPlugins } from '#plugin-host/discover-plugins.ts'
import { guestUser } from '#vortex/protocol/principal.ts'
import { createHealthSite } from '../health-site.ts'
import { makeServiceClient } from '../make-service-client.ts'
import { answerOrders } from '../order-desk.ts'
import type { ServiceContext } from '../run-role.ts'
import { combineHealth, type PartHealth, type Service } from '../service.ts'
import { mountParts, startServiceParts } from '../service-parts.ts'
import { createServiceRpc } from '../service-rpc.ts'
import type { Site } from '../start-site.ts'
import { type StatusReporting, startStatusReport } from '../status-report.ts'
import { createStopSignal } from '../stop-signal.ts'
import { createAppSite } from './app-site.ts'
import { type ChangeFollower, followChanges } from './change-follower.ts'
import { createDeviceEdge } from './device-edge.ts'
import { holdingsOf } from './holdings.ts'
import { createLinkUpstream } from './link-upstream.ts'
import { startVortexSite } from './vortex-site.ts'

const projectFolder = resolve(import.meta.dir, '../../..')

/**
 * Field and office: one app each, served to many devices.
 *
 * Promises: devices keep their websocket while logic or the event store is away, are told so, and get what they missed
 * when it is back (S1).
 */
export function createGatewayService(role: 'field' | 'office', context: ServiceContext<'field' | 'office'>): Service {
  const { config, identity, log, clock, meter, supervisor } = context
  const { values } = config
  const random = systemRandom
  const rpc = createServiceRpc({ role, identity, clock, log })
  const link = makeServiceClient({
    address: values.serviceLink,
    identity,
    clock,
    random,
    log: log.named('link'),
    answer: answerOrders(rpc.answer, { service: role, supervisor, log }, () => report.hurry()),
  })
  rpc.attach(link)
  const upstream = createLinkUpstream(link)
  let isFollowing = false
  const edge = createDeviceEdge({
    service: { name: role, instance: identity.id, build: identity.build },
    limits: values.vortex,
    upstream: {
      ...upstream,
      call: rpc.callFor,
      // A snapshot is only good for somebody who hears every change that comes after it.
      snapshot: async (...question) => {
        if (isFollowing) return upstream.snapshot(...question)
        throw new PlatformError(
          'unavailable',
          'The event store is being reached; what you watch shows as soon as it is.',
        )
      },
    },
    admit: async (hello) => ({ principal: { user: guestUser, device: hello.device, service: role, roles: [] } }),
    clock,
    random,
    log,
  })

  const parts = startServiceParts<'field' | 'office'>({
    service: role,
    context,
    folder: context.config.folder,
    pluginFolder: values.plugin.folder,
    link,
    ports: { rpc: rpc.desk, siteUrl: () => site?.url, complete: (part) => part },
  })
  const pluginFolder = values.plugin.folder || join(projectFolder, 'plugins')
  const discovered = discoverPlugins({ folder: pluginFolder, enabled: 'all', platform: identity.build, log })

  const root = new Hono()
  root.route('/', createHealthSite({ identity, health: () => health(), gauges: () => gauges() }))
  edge.vortex.mount(root)
  mountParts(root, role, () => parts.host)
  const manifest = (built: Parameters<typeof toAppManifest>[2]) =>
    toAppManifest(role, parts.enabled() ?? discovered, built, identity.build)
  root.route(
    '/',
    createAppSite({
      app: role,
      distFolder: join(projectFolder, 'web/dist'),
      manifest,
      offline: values.offlineApp ? 'kept' : 'removed',
    }),
  )

  let site: Site | undefined
  let store: EventStore | undefined
  let follower: ChangeFollower | undefined
  const signal = createStopSignal(clock)
  let connecting: Promise<void> | undefined
  const report: StatusReporting = { hurry: () => undefined, stop: () => undefined }

  /** The address may not be known yet, or have changed with a restart of the store: asked again until it opens. */
  const connectStore = async (): Promise<void> => {
    for (let attempt = 0; !signal.isStopped && !follower; attempt++) {
      try {
        const connectionString = getEventStoreAddress(config)
        store = await openKurrentEventStore({ connectionString, log: log.named('event-store'), clock, random })
        if (signal.isStopped) return
        follower = followChanges({ store, take: edge.take, resync: edge.resyncAll, clock, random, log })
        await follower.ready
        if (signal.isStopped) return
        isFollowing = true
        edge.follows()
      } catch (error) {
        log.warning(`the event store is not there yet: ${describeError(error)}`)
        await signal.pause(backOffMs(attempt, random))
      }
    }
  }

  const health = () => combineHealth([linkHealth(), storeHealth(), ...parts.health()])
  const linkHealth = (): PartHealth => {
    const { online, words } = upstream.state()
    return { name: 'logic', state: online ? 'ready' : 'degraded', words: online ? '' : words }
  }
  const storeHealth = (): PartHealth => {
    const found = store?.health()
    if (!found || !follower)
      return { name: 'event store', state: 'starting', words: 'the event store is being reached' }
    return { name: 'event store', state: found.state === 'ready' ? 'ready' : 'degraded', words: found.words }
  }
  const gauges = () => {
    const { selectorCount, observationCount, rowCount, groupCount } = edge.observables.stats()
    return {
      memory_bytes: meter.memoryBytes(),
      sessions: [...edge.vortex.sessions()].length,
      selectors: selectorCount,
      observations: observationCount,
      rows: rowCount,
      groups: groupCount,
    }
  }

  return {
    name: role,
    url: () => site?.url,
    health,
    takeUncaught: parts.host.blame,
    run: async () => {
      site = startVortexSite({
        host: values.host,
        port: values.httpServer.sitePort,
        key: 'httpServer.sitePort',
        site: root,
        vortex: edge.vortex,
      })
      connecting = connectStore()
      Object.assign(
        report,
        startStatusReport({
          client: link,
          identity,
          meter,
          url: () => site?.url,
          holdings: () => holdingsOf(edge),
          rpcs: rpc.figures,
          parts: parts.host.statuses,
          isSupervised: supervisor !== undefined,
          log,
          clock,
        }),
      )
    },
    drain: async () => {
      report.stop()
      upstream.hurry()
      await Promise.all([edge.vortex.drain(), parts.stop()])
    },
    stop: async () => {
      signal.stop()
      await Promise.all([edge.stop(), parts.stop()])
      await follower?.stop()
      await connecting
      await store?.close()
      rpc.stop()
      link.close()
      await site?.stop()
    },
  }
}
