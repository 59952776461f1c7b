/**
 * The admin app on a real port without logic behind it: rebuilds are walked by the test, nothing else happens.
 *
 * Promises: what the page and the command line ask for reaches `control`, and what `control` does shows within a tenth of a second.
 */
import { join } from 'node:path'
import { Hono } from 'hono'
import { createAdminApi } from '#admin/admin-api.ts'
import type { ApiKeyAccess } from '#admin/api-key-routes.ts'
import { createAdminLogin } from '#admin/login.ts'
import type { ServiceControl } from '#admin/service-control.ts'
import type { Audit } from '#audit/audit.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { logStart, parsePosition } from '#kernel/position.ts'
import { systemRandom } from '#kernel/random.ts'
import type { Projector } from '#projection/projector.ts'
import type { ProjectorStatus } from '#projection/projector-status.ts'
import type { RebuildControl } from '#projection/rebuild/rebuild-control.ts'
import type { Reactor } from '#reactor/reactor.ts'
import { createAppSite } from '#services/gateway/app-site.ts'
import { createDeviceEdge } from '#services/gateway/device-edge.ts'
import { startVortexSite } from '#services/gateway/vortex-site.ts'
import { createAdminAdmission } from '#services/logic/admin-admission.ts'
import { watchJobs } from '#services/logic/jobs/watch-jobs.ts'
import { watchReactors } from '#services/logic/reactor-statuses.ts'
import { watchRebuilds } from '#services/logic/rebuild-statuses.ts'
import type { SettingsKeeper } from '#services/logic/settings-keeper.ts'
import { showSettings } from '#services/logic/show-settings.ts'
import { createStatusBoard } from '#services/logic/status-board.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import { defaultLimits } from '#vortex/protocol/limits.ts'
import type { ProjectionStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import type { FakeJobs } from './fake-job-control.ts'
import { createLogAudit } from './log-audit.ts'

export type ProjectionRow = TupleOf<typeof ProjectionStatus>

export interface AdminDesk extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly store: MemoryEventStore
  /** Changes what the page and the API say of a projection. */
  show(id: string, change: Partial<ProjectionRow>): void
}

export function startAdminDesk(options: {
  user: string
  password: string
  control: RebuildControl
  projections: readonly ProjectionRow[]
  /** What answers auditors, of the desk's own store; without it, a plain look through the log. */
  audit?: (store: MemoryEventStore) => Audit
  /** Any free one unless given. */
  port?: number
  services?: ServiceControl
  apiKeys?: ApiKeyAccess
  reactors?: readonly Reactor[]
  jobs?: () => Pick<FakeJobs, 'control' | 'keeper'>
  /** What may be set, kept in the desk's own store. */
  settings?: (store: MemoryEventStore) => SettingsKeeper
}): AdminDesk {
  const { control } = options
  const reactors = () => options.reactors ?? []
  const [clock, random, log] = [systemClock, systemRandom, silentLog]
  const store = createMemoryEventStore({ clock })
  const settings = options.settings?.(store)
  const audit = (options.audit ?? createLogAudit)(store)
  const login = createAdminLogin({ user: options.user, password: options.password, clock })
  const admission = createAdminAdmission({ login, clock })
  const board = createStatusBoard({ clock, onChange: (feed, change) => edge.observables.take(feed, change) })
  const edge = createDeviceEdge({
    service: { name: 'logic', instance: 'desk', build: 'desk' },
    limits: defaultLimits,
    upstream: {
      act: async () => ({ outcome: 'failed', kind: 'unavailable', words: 'Nothing acts here.' }),
      snapshot: async (name, selector, by) => {
        for (const source of board.sources) {
          const snapshot = source(name, selector, by)
          if (snapshot) return snapshot
        }
        throw new PlatformError('not-found', `There is no observable ${name}.`)
      },
      call: () => Promise.reject(new Error('no calls here')),
      effects: async () => '{"effects":[]}',
      looked: async () => ({ looked: 'not-yet' }),
      state: () => ({ online: true, words: '' }),
      onState: () => () => undefined,
    },
    admit: admission.admit,
    clock,
    random,
    log,
  })
  const stopShowing = settings && showSettings(settings, board)
  const stopGuarding = admission.guard(edge.vortex.sessions)
  for (const row of options.projections) board.projections.set(row)
  const rowOf = (id: string): ProjectionRow => {
    const row = [...board.projections.rows()].find((each) => each.id === id)
    if (!row) throw new Error(`no projection ${id} is shown`)
    return row
  }
  const api = createAdminApi({
    login,
    store: () => store,
    operations: () => undefined,
    projectors: () => options.projections.map(({ id }) => toProjector(id, () => rowOf(id))),
    reactors,
    ...(options.services && { services: options.services }),
    ...(options.apiKeys && { apiKeys: options.apiKeys }),
    jobs: () => options.jobs?.().control,
    rebuilds: () => control,
    parking: () => undefined,
    audit: () => audit,
    evidence: () => undefined,
    ...(settings && { settings }),
    progress: board.projections.rows,
    addressOf: () => '127.0.0.1',
    clock,
    instance: 'desk',
    log,
  })
  const appSite = createAppSite({
    app: 'admin',
    distFolder: join(import.meta.dir, '../../web/dist'),
    manifest: () => ({ app: 'admin', title: 'Peek', build: 'desk', plugins: [] }),
  })
  const root = new Hono()
  edge.vortex.mount(root)
  root.get('/api/manifest', (c) => appSite.fetch(c.req.raw))
  root.route('/api', api)
  root.route('/', appSite)
  const site = startVortexSite({
    host: '127.0.0.1',
    port: options.port ?? 0,
    key: 'none',
    site: root,
    vortex: edge.vortex,
  })
  const { set: show, delete: remove } = board.rebuilds
  const { set: showReactor, delete: removeReactor } = board.reactors
  const watchingReactors = watchReactors({
    store,
    reactors,
    clock,
    show: showReactor,
    remove: removeReactor,
    periodMs: 100,
  })
  const watchingJobs = watchJobs({
    jobs: () => options.jobs?.(),
    queues: board.jobQueues,
    running: board.runningJobs,
    clock,
    periodMs: 100,
  })
  const watching = watchRebuilds({ rebuilds: () => control, show, remove, clock, periodMs: 100 })

  return {
    url: site.url,
    port: site.port,
    store,
    show: (id, change) => board.projections.set({ ...rowOf(id), ...change }),
    [Symbol.asyncDispose]: async () => {
      watchingReactors.stop()
      watchingJobs.stop()
      watching.stop()
      stopGuarding()
      stopShowing?.()
      await settings?.stop()
      board.stop()
      await edge.stop()
      await site.stop()
    },
  }
}

function toProjector(id: string, row: () => ProjectionRow): Projector {
  return {
    id,
    filter: { on: 'type', prefixes: [] },
    status: (): ProjectorStatus => {
      const position = parsePosition(row().position) ?? logStart
      return { ...row(), position, lastErrorPosition: null, lastEventAt: null }
    },
    reset: async () => undefined,
    hold: (work) => work({ position: logStart, isStopping: () => false }),
    stop: async () => undefined,
    inTurn: () => Promise.reject(new Error('no run, no turn')),
  }
}

/** A projection that stands well. */
export function shownProjection(id: string, change: Partial<ProjectionRow> = {}): ProjectionRow {
  const [plugin = '', name = ''] = id.split('.')
  const position = '00000000000100000000'
  return {
    id,
    plugin,
    name,
    version: 1,
    loadedVersion: 1,
    state: 'live',
    position,
    head: position,
    lagEvents: 0,
    lagSeconds: 0,
    ratePerSecond: 0,
    etaSeconds: 0,
    etaSecondsMin: 0,
    etaSecondsMax: 0,
    eventCount: 1_000_000,
    parkedCount: 0,
    incarnation: 'one',
    lastError: null,
    lastErrorEventId: null,
    lastErrorPosition: null,
    lastErrorStream: null,
    lastCommitAt: Date.now(),
    live: true,
    frozenWords: null,
    observables: [],
    watchedSelectors: 0,
    tableBytes: 48_000_000,
    keptVersion: null,
    keptBytes: null,
    pinnedVersion: null,
    ...change,
  }
}
