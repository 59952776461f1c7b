import { join, resolve } from 'node:path'
import { type Context, Hono } from 'hono'
import { getConnInfo } from 'hono/bun'
import { createAdminApi } from '#admin/admin-api.ts'
import { createAdminLogin } from '#admin/login.ts'
import { getDatabaseUrl, getEventStoreAddress } from '#config/stores-file.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { backOffMs } from '#kernel/back-off.ts'
import { pause } from '#kernel/clock.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { systemRandom } from '#kernel/random.ts'
import { createSnapshotSource, type SnapshotSource } from '#observable/source/snapshot-source.ts'
import { toAppManifest } from '#plugin-host/app-manifest.ts'
import { discoverPlugins } from '#plugin-host/discover-plugins.ts'
import { loadLogicParts } from '#plugin-host/load-plugins.ts'
import { openDatabase } from '#storage/database.ts'
import { createAppSite } from '../gateway/app-site.ts'
import { followChanges } from '../gateway/change-follower.ts'
import { createDeviceEdge } from '../gateway/device-edge.ts'
import { holdingsOf } from '../gateway/holdings.ts'
import type { Upstream } from '../gateway/upstream.ts'
import { startVortexSite } from '../gateway/vortex-site.ts'
import { createHealthSite } from '../health-site.ts'
import type { ServiceContext } from '../run-role.ts'
import { combineHealth, type PartHealth, type Service } from '../service.ts'
import type { Site } from '../start-site.ts'
import { makeStatusReport } from '../status-report.ts'
import { createAdminAdmission, notSignedIn } from './admin-admission.ts'
import type { Engine } from './engine.ts'
import { startLeading } from './leading.ts'
import { watchProjections } from './projection-statuses.ts'
import { createServiceLink, runAct } from './service-link.ts'
import { createStatusBoard } from './status-board.ts'

const projectFolder = resolve(import.meta.dir, '../../..')
const reportEveryMs = 2_000

/**
 * The centre: action handlers, projectors, snapshots, the service link and the admin site.
 *
 * Promises: only the leading instance runs actions and projectors; a standby answers `unavailable` and waits.
 */
export async function createLogicService(context: ServiceContext<'logic'>): Promise<Service> {
  const { config, identity, log, clock, meter } = context
  const { values } = config
  const random = systemRandom
  const service = { name: 'logic', instance: identity.id, build: identity.build }
  const discovered = discoverPlugins({
    folder: values.plugin.folder || join(projectFolder, 'plugins'),
    enabled: values.plugin.enabled,
    log,
  })
  const plugins = await loadLogicParts(discovered, log)
  const observables = plugins.flatMap((plugin) => plugin.logic?.observables ?? [])

  let engine: Engine | undefined
  let snapshots: SnapshotSource | undefined
  let leadWords = 'logic is starting'
  let store: EventStore | undefined
  const listeners = new Set<(state: ReturnType<Upstream['state']>) => void>()
  const upstreamState = () => (engine ? { online: true, words: '' } : { online: false, words: leadWords })

  const { username, password } = values.httpServer.admin.recoveryUser
  const login = createAdminLogin({ user: username, password, clock })
  const admission = createAdminAdmission({ login, clock })

  // -- the admin app's own edge, and the link of the other services
  const upstream: Upstream = {
    act: (act, body, by) =>
      admission.use(by)
        ? runAct(engine?.actions, act, body, by)
        : Promise.resolve({ outcome: 'failed', ...notSignedIn }),
    snapshot: async (name, selector, by) => {
      for (const source of board.sources) {
        const snapshot = source(name, selector, by)
        if (snapshot) return snapshot
      }
      if (!snapshots || !follower) throw new PlatformError('unavailable', `Just now: ${leadWords}.`)
      return snapshots.snapshot(name, selector, by)
    },
    state: upstreamState,
    onState: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const edge = createDeviceEdge({
    service,
    limits: values.vortex,
    upstream,
    admit: admission.admit,
    clock,
    random,
    log,
  })
  const stopGuarding = admission.guard(edge.vortex.sessions)
  const board = createStatusBoard({ clock, onChange: (feed, change) => edge.observables.take(feed, change) })
  const link = createServiceLink({
    service,
    secret: values.serviceLink.secret,
    limits: values.vortex,
    work: () => ({ actions: engine?.actions, snapshots }),
    board,
    enabledPlugins: () => plugins.map((plugin) => plugin.manifest.id),
    clock,
    random,
    log: log.named('link'),
  })

  // -- sites
  const root = new Hono()
  root.route('/', createHealthSite({ identity, health: () => health(), gauges: () => gauges() }))
  edge.vortex.mount(root)
  const addressOf = (c: Context): string => getConnInfo(c).remote.address ?? ''
  const projectors = () => engine?.projectors ?? []
  const adminApi = createAdminApi({
    login,
    store: () => store,
    projectors,
    addressOf,
    clock,
    instance: identity.id,
    log: log.named('admin'),
  })
  const appSite = createAppSite({
    app: 'admin',
    distFolder: join(projectFolder, 'web/dist'),
    manifest: (built) => toAppManifest('admin', plugins, built, identity.build),
  })
  root.get('/api/manifest', (c) => appSite.fetch(c.req.raw))
  root.route('/api', adminApi)
  root.route('/', appSite)
  const linkRoot = new Hono()
  link.mount(linkRoot)

  let adminSite: Site | undefined
  let linkSite: Site | undefined
  let follower: ReturnType<typeof followChanges> | undefined
  let leading: ReturnType<typeof startLeading> | undefined
  let watching: ReturnType<typeof watchProjections> | undefined
  let cancelReport = (): void => undefined
  let isStopping = false
  let starting: Promise<void> | undefined

  const start = async (): Promise<void> => {
    for (let attempt = 0; !isStopping && !leading; attempt++) {
      try {
        store = await openKurrentEventStore({
          connectionString: getEventStoreAddress(config),
          log: log.named('event-store'),
          clock,
          random,
        })
        const { observables: edgeObservables } = edge
        follower = followChanges({
          store,
          take: edgeObservables.take,
          resync: edgeObservables.resyncAll,
          clock,
          random,
          log,
        })
        lead(store)
      } catch (error) {
        leadWords = describeError(error)
        log.warning(`the event store is not there yet: ${leadWords}`)
        await pause(clock, backOffMs(attempt, random))
      }
    }
  }

  const lead = (opened: EventStore): void => {
    watching = watchProjections({ store: opened, projectors, clock, show: board.projections.set })
    leading = startLeading({
      databaseUrl: () => getDatabaseUrl(config),
      openDatabase: (url) => openDatabase({ url, log, applicationName: 'peek logic' }),
      store: opened,
      plugins,
      instance: identity.id,
      clock,
      random,
      log,
      onStatus: () => undefined,
      onChange: (work, words) => {
        engine = work?.engine
        snapshots = work && createSnapshotSource({ sql: work.database.sql, observables, otherNames: board.names })
        leadWords = words
        for (const listener of listeners) listener(upstreamState())
      },
    })
  }

  const report = (): void => {
    const own = makeStatusReport({ identity, meter, url: () => adminSite?.url, holdings: () => holdingsOf(edge) })
    board.takeReport(JSON.stringify(own))
    cancelReport = clock.after(reportEveryMs, report)
  }

  const health = () => combineHealth([leadHealth(), storeHealth()])
  const leadHealth = (): PartHealth => ({
    name: 'leadership',
    state: engine ? 'ready' : 'starting',
    words: engine ? '' : leadWords,
  })
  const storeHealth = (): PartHealth => {
    const found = store?.health()
    if (!found) return { name: 'event store', state: 'starting', words: 'the event store is being reached' }
    return { name: 'event store', state: found.state === 'ready' ? 'ready' : 'degraded', words: found.words }
  }
  const gauges = () => ({
    memory_bytes: meter.memoryBytes(),
    actions_waiting: engine?.actions.stats().waiting ?? 0,
    entities_cached: engine?.actions.stats().entities ?? 0,
    sessions: [...edge.vortex.sessions()].length,
    services: [...link.sessions()].length,
  })

  return {
    name: 'logic',
    url: () => adminSite?.url,
    health,
    run: async () => {
      const { host, httpServer } = values
      linkSite = startVortexSite({
        host,
        port: httpServer.serviceLink.sitePort,
        key: 'httpServer.serviceLink.sitePort',
        site: linkRoot,
        vortex: link,
      })
      adminSite = startVortexSite({
        host,
        port: httpServer.admin.sitePort,
        key: 'httpServer.admin.sitePort',
        site: root,
        vortex: edge.vortex,
      })
      starting = start()
      report()
    },
    drain: async () => {
      cancelReport()
      await Promise.all([edge.vortex.drain(), link.drain()])
      await engine?.actions.drain()
    },
    stop: async () => {
      isStopping = true
      cancelReport()
      watching?.stop()
      board.stop()
      stopGuarding()
      await edge.stop()
      link.close()
      await starting
      await leading?.stop()
      await follower?.stop()
      await store?.close()
      await Promise.all([adminSite?.stop(), linkSite?.stop()])
    },
  }
}
