import { join, resolve } from 'node:path'
import { Hono } from 'hono'
import { createAdminLogin } from '#admin/login.ts'
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
import { createLogicCore } from './logic-core.ts'
import { startOwnReport } from './own-report.ts'
import { noFacts } from './projection-facts.ts'
import { watchProjections } from './projection-statuses.ts'
import { watchReactors } from './reactor-statuses.ts'
import { watchRebuilds } from './rebuild-statuses.ts'
import { createServiceLink } from './service-link.ts'
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
  const core = createLogicCore({
    context,
    plugins,
    otherNames: board.names,
    watchedSelectors: board.watchedSelectors,
    random,
  })
  const admin = createAdminEdge({ context, core, board: () => board, login, random })
  const link = createServiceLink({
    service: { name: 'logic', instance: identity.id, build: identity.build },
    secret: values.serviceLink.secret,
    limits: values.vortex,
    core,
    board,
    enabledPlugins: () => plugins.map((plugin) => plugin.manifest.id),
    clock,
    random,
    log: log.named('link'),
  })

  const health = () => combineHealth(core.health())
  const gauges = () => ({
    memory_bytes: meter.memoryBytes(),
    actions_waiting: core.engine()?.actions.stats().waiting ?? 0,
    entities_cached: core.engine()?.actions.stats().entities ?? 0,
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
    health,
    gauges,
    evidence: () => watchingEvidence,
  })
  const linkRoot = new Hono()
  link.mount(linkRoot)

  let adminSite: Site | undefined
  let linkSite: Site | undefined
  let watching: ReturnType<typeof watchProjections> | undefined
  let watchingReactors: ReturnType<typeof watchReactors> | undefined
  let watchingRebuilds: ReturnType<typeof watchRebuilds> | undefined
  let watchingEvidence: ReturnType<typeof watchEvidence> | undefined
  let watchingStore: ReturnType<typeof watchStore> | undefined
  let report: ReturnType<typeof startOwnReport> | undefined

  return {
    name: 'logic',
    url: () => adminSite?.url,
    health,
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
      })
      report = startOwnReport({ context, board, edge: admin.edge, url: () => adminSite?.url })
    },
    drain: async () => {
      report?.stop()
      await Promise.all([admin.edge.vortex.drain(), link.drain()])
    },
    stop: async () => {
      report?.stop()
      watching?.stop()
      watchingReactors?.stop()
      watchingRebuilds?.stop()
      watchingStore?.stop()
      watchingEvidence?.stop()
      board.stop()
      await admin.stop()
      link.close()
      await core.stop()
      await Promise.all([adminSite?.stop(), linkSite?.stop()])
    },
  }
}
