import { join, resolve } from 'node:path'
import { Hono } from 'hono'
import { getConnInfo } from 'hono/bun'
import { createAdminApi } from '#admin/admin-api.ts'
import { adminDoor } from '#admin/admin-door.ts'
import type { ApiKeyAccess } from '#admin/api-key-routes.ts'
import type { DeviceControl } from '#admin/device-control.ts'
import type { AdminLogin } from '#admin/login.ts'
import type { PastAccess } from '#admin/past-access.ts'
import type { PluginControl } from '#admin/plugin-control.ts'
import type { ServiceControl } from '#admin/service-control.ts'
import type { EvidenceControl } from '#evidence/evidence-control.ts'
import { parsePosition } from '#kernel/position.ts'
import { allProjections } from '#plugin-host/all-projections.ts'
import { toAppManifest } from '#plugin-host/app-manifest.ts'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import { allObservables } from '#plugin-host/platform-parts.ts'
import type { SettingsControl } from '#plugin-host/settings/settings-control.ts'
import type { VortexServer } from '#vortex/server/vortex-server.ts'
import { createAppSite } from '../gateway/app-site.ts'
import { createHealthSite, type Gauges } from '../health-site.ts'
import type { ServiceContext } from '../run-role.ts'
import type { ServiceHealth } from '../service.ts'
import { mountParts, partPath } from '../service-parts.ts'
import type { LogicCore } from './logic-core.ts'
import type { StatusBoard } from './status-board.ts'

const projectFolder = resolve(import.meta.dir, '../../..')

/** Everything logic answers over HTTP: health, the admin API, the admin app, and the door of its websocket. */
export function createAdminSite(options: {
  context: ServiceContext<'logic'>
  core: LogicCore
  board: StatusBoard
  plugins: readonly LoadedPlugin[]
  login: AdminLogin
  vortex: VortexServer
  health: () => ServiceHealth
  gauges: () => Gauges
  services: ServiceControl
  evidence: () => EvidenceControl | undefined
  settings: SettingsControl
  pluginControl: PluginControl
  apiKeys: ApiKeyAccess
  devices: DeviceControl
}): Hono {
  const { context, core, board, plugins, login, vortex, health, gauges } = options
  const { identity, clock, log } = context
  const appSite = createAppSite({
    app: 'admin',
    distFolder: join(projectFolder, 'web/dist'),
    manifest: (built) => toAppManifest('admin', plugins, built, identity.build),
  })
  const adminApi = createAdminApi({
    login,
    store: core.store,
    operations: core.operations,
    projectors: () => core.engine()?.projectors ?? [],
    rebuilds: () => core.engine()?.rebuilds,
    services: options.services,
    reactors: () => core.engine()?.reactors ?? [],
    jobs: () => core.engine()?.jobs.control,
    parking: () => core.engine()?.parking,
    audit: core.audit,
    evidence: options.evidence,
    settings: options.settings,
    plugins: options.pluginControl,
    apiKeys: options.apiKeys,
    devices: options.devices,
    past: toPastAccess(plugins, core),
    progress: board.projections.rows,
    addressOf: (c) => getConnInfo(c).remote.address ?? '',
    clock,
    instance: identity.id,
    log: log.named('admin'),
  })
  const root = new Hono()
  root.route('/', createHealthSite({ identity, health, gauges }))
  vortex.mount(root)
  // The shell asks for its manifest before anybody has signed in.
  root.get('/api/manifest', (c) => appSite.fetch(c.req.raw))
  root.route('/api', adminApi)
  root.use(`${partPath('logic', ':plugin')}/*`, adminDoor(login))
  mountParts(root, 'logic', core.parts)
  root.route('/', appSite)
  return root
}

function toPastAccess(plugins: readonly LoadedPlugin[], core: LogicCore): PastAccess {
  return {
    questions: core.past,
    deciders: plugins.flatMap(({ manifest, logic }) =>
      (logic?.deciders ?? []).map((decider) => ({ plugin: manifest.id, decider })),
    ),
    observables: allObservables(plugins),
    definitions: allProjections(plugins),
    placeBefore: async (instant) => {
      const page = { order: 'newest', countMax: 1 } as const
      const found = await core.audit()?.search.find({ to: instant + 1 }, page)
      return parsePosition(found?.events[0]?.position)
    },
  }
}
