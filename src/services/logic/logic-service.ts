import { join, resolve } from 'node:path'
import { Hono } from 'hono'
import { createAdminLogin } from '#admin/login.ts'
import { removeLogicAddress, saveLogicAddress, toLocalUrl } from '#config/logic-address.ts'
import { describeError } from '#kernel/platform-error.ts'
import { systemRandom } from '#kernel/random.ts'
import { discoverPlugins } from '#plugin-host/discover-plugins.ts'
import { loadLogicParts } from '#plugin-host/load-plugins.ts'
import { startVortexSite } from '../gateway/vortex-site.ts'
import type { ServiceContext } from '../run-role.ts'
import { combineHealth, type Service } from '../service.ts'
import type { Site } from '../start-site.ts'
import { createAdminEdge } from './admin-edge.ts'
import { createAdminSite } from './admin-site.ts'
import { anchorFoldersOf } from './anchor-folders.ts'
import { createDeviceControl } from './devices/device-control.ts'
import { createDeviceLedger } from './devices/device-ledger.ts'
import { keepDevices } from './devices/keep-devices.ts'
import { watchJobs } from './jobs/watch-jobs.ts'
import { apiKeysOf, createAgentCalls, createLinkedKeys } from './linked-keys.ts'
import { createLogicCore } from './logic-core.ts'
import { createLogicRpc } from './logic-rpc.ts'
import { startOwnReport } from './own-report.ts'
import { createPluginControl } from './plugin-control.ts'
import { createPluginsDesk } from './plugins-desk.ts'
import { noFacts } from './projection-facts.ts'
import { watchProjections } from './projection-statuses.ts'
import { watchReactors } from './reactor-statuses.ts'
import { watchRebuilds } from './rebuild-statuses.ts'
import { createServiceControl } from './service-control.ts'
import { createServiceLink } from './service-link.ts'
import { createSettingsKeeper } from './settings-keeper.ts'
import { showSettings } from './show-settings.ts'
import { createStatusBoard } from './status-board.ts'
import { watchEvidence } from './watch-evidence.ts'
import { watchStore } from './watch-store.ts'

const projectFolder = resolve(import.meta.dir, '../../..')

/**
 * The centre: action handlers, projectors, snapshots, the service link and the admin site.
 *
 * Promises: only the leading instance runs actions and projectors; a standby answers `unavailable` and waits.
 */
export async function createLogicService(context: ServiceContext<'logic'>): Promise<Service> {
  const { config, identity, log, clock, meter } = context
  const { values } = config
  const random = systemRandom
  const folder = values.plugin.folder || join(projectFolder, 'plugins')
  const discovered = discoverPlugins({ folder, enabled: values.plugin.enabled, platform: identity.build, log })
  const plugins = await loadLogicParts(discovered, log)
  const { username, password } = values.httpServer.admin.recoveryUser
  const login = createAdminLogin({ user: username, password, clock })

  const board = createStatusBoard({ clock, onChange: (feed, change) => admin.edge.observables.take(feed, change) })
  const rpc = createLogicRpc({ identity, clock, log })
  const enabled = plugins.map((plugin) => plugin.manifest.id)
  const settings = createSettingsKeeper({
    plugins,
    store: () => core.store(),
    instance: identity.id,
    clock,
    random,
    log: log.named('settings'),
  })
  const pluginsDesk = createPluginsDesk({
    instance: identity.id,
    facts: () => ({ enabled, settings: settings.values(), restarts: pluginControl.restarts() }),
    clock,
  })
  settings.onAnyChange(pluginsDesk.changed)
  const pluginControl = createPluginControl({
    plugins,
    parts: () => core.parts(),
    onChange: pluginsDesk.changed,
    store: () => core.store(),
    instance: identity.id,
    clock,
  })
  const core = createLogicCore({
    context,
    plugins,
    otherNames: board.names,
    watchedSelectors: board.watchedSelectors,
    onMigrated: pluginsDesk.open,
    rpc: rpc.desk,
    settings,
    siteUrl: () => adminSite?.url,
    placeCount: board.jobPlaces,
    random,
  })
  const devices = createDeviceLedger({ build: identity.build, model: board.devices, clock, log: log.named('devices') })
  const keepingDevices = keepDevices({ core, ledger: devices, clock, random, log: log.named('devices') })
  const admin = createAdminEdge({ context, core, board: () => board, devices, login, rpc, random })
  const apiKeys = apiKeysOf(core)
  const linkedKeys = createLinkedKeys(apiKeys)
  const link = createServiceLink({
    service: { name: 'logic', instance: identity.id, build: identity.build },
    secret: values.serviceLink.secret,
    limits: values.vortex,
    core,
    board,
    plugins: pluginsDesk,
    rpc,
    keys: linkedKeys,
    devices,
    clock,
    random,
    log: log.named('link'),
  })

  const health = () => combineHealth(core.health())
  const gauges = () => ({
    memory_bytes: meter.memoryBytes(),
    actions_waiting: core.engine()?.actions.stats().waiting ?? 0,
    entities_cached: core.engine()?.actions.stats().entities ?? 0,
    snapshots_read: core.snapshotCount(),
    sessions: [...admin.edge.vortex.sessions()].length,
    services: [...link.sessions()].length,
  })
  const root = createAdminSite({
    context,
    core,
    board,
    plugins,
    login,
    vortex: admin.edge.vortex,
    settings,
    pluginControl,
    devices: createDeviceControl(core, devices),
    health,
    gauges,
    services: createServiceControl({ context, board, sessions: link.sessions }),
    evidence: () => watchingEvidence,
    apiKeys: { keys: apiKeys, agents: linkedKeys.agents, ...createAgentCalls(rpc.desk, log) },
  })
  const linkRoot = new Hono()
  link.mount(linkRoot)

  let adminSite: Site | undefined
  /** Of that, for the command line. */
  let address = ''
  let linkSite: Site | undefined
  let watching: ReturnType<typeof watchProjections> | undefined
  let watchingReactors: ReturnType<typeof watchReactors> | undefined
  let watchingRebuilds: ReturnType<typeof watchRebuilds> | undefined
  let watchingJobs: ReturnType<typeof watchJobs> | undefined
  let watchingEvidence: ReturnType<typeof watchEvidence> | undefined
  let watchingStore: ReturnType<typeof watchStore> | undefined
  let report: ReturnType<typeof startOwnReport> | undefined

  const noteAddress = (): void => {
    try {
      saveLogicAddress(config.home, address)
    } catch (error) {
      log.warning(`the command line will have to be told where this logic listens: ${describeError(error)}`)
    }
  }

  return {
    name: 'logic',
    url: () => adminSite?.url,
    health,
    takeUncaught: core.blame,
    run: async () => {
      const { host, httpServer } = values
      const linkKey = 'httpServer.serviceLink.sitePort'
      linkSite = startVortexSite({
        host,
        port: httpServer.serviceLink.sitePort,
        key: linkKey,
        site: linkRoot,
        vortex: link,
      })
      const adminKey = 'httpServer.admin.sitePort'
      const { vortex } = admin.edge
      adminSite = startVortexSite({ host, port: httpServer.admin.sitePort, key: adminKey, site: root, vortex })
      address = toLocalUrl(host, adminSite.port)
      noteAddress()
      core.start(async ({ store, operations, connectionString }) => {
        const projectors = () => core.engine()?.projectors ?? []
        watching = watchProjections({
          store,
          projectors,
          facts: (id) => core.engine()?.facts(id) ?? noFacts,
          clock,
          show: board.projections.set,
        })
        const reactors = () => core.engine()?.reactors ?? []
        const { set: showReactor, delete: removeReactor } = board.reactors
        watchingReactors = watchReactors({ store, reactors, clock, show: showReactor, remove: removeReactor })
        watchingJobs = watchJobs({
          jobs: () => core.engine()?.jobs,
          queues: board.jobQueues,
          running: board.runningJobs,
          clock,
        })
        const { set: show, delete: remove } = board.rebuilds
        watchingRebuilds = watchRebuilds({ rebuilds: () => core.engine()?.rebuilds, show, remove, clock })
        watchingEvidence = watchEvidence({
          store,
          keeper: () => core.engine()?.evidence,
          sql: core.sql,
          anchorFolders: anchorFoldersOf(config),
          clock,
          show: board.evidence.set,
        })
        watchingStore = watchStore({ store, operations, connectionString, board: board.store, clock })
        void admin.follow(store)
        // Nobody's part starts before what is set for it is known.
        await settings.start(store)
        showSettings(settings, board)
      })
      report = startOwnReport({
        context,
        board,
        edge: admin.edge,
        rpcs: rpc.figures,
        parts: () => core.parts()?.statuses() ?? [],
        url: () => adminSite?.url,
      })
    },
    drain: async () => {
      report?.stop()
      pluginsDesk.stop()
      await Promise.all([admin.edge.vortex.drain(), link.drain()])
    },
    stop: async () => {
      report?.stop()
      watching?.stop()
      watchingReactors?.stop()
      watchingRebuilds?.stop()
      watchingStore?.stop()
      watchingEvidence?.stop()
      watchingJobs?.stop()
      board.stop()
      await admin.stop()
      link.close()
      await keepingDevices.stop()
      await settings.stop()
      await core.stop()
      await Promise.all([adminSite?.stop(), linkSite?.stop()])
      removeLogicAddress(config.home, address)
    },
  }
}
