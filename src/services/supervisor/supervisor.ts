/**
 * Runs a whole Peek on one machine: the embedded stores where no address is configured, then every role.
 *
 *     event store --.
 *     PostgreSQL  --+--> logic, field, office, agent, worker (all at once) --> up
 *     web apps    --'
 *
 * Promises: a part that dies, or asks to be restarted, or hangs and logic asks that for it, is started again, on the same
 * port; what has not stopped in its time is ended by force; `stop` ends field, office, agent and worker first,
 * then logic, then the stores; killed itself, its children stop by themselves and the next supervisor goes on.
 * Asks: the home is locked by the caller.
 */
import { join } from 'node:path'
import { environmentForChild } from '#config/environment.ts'
import type { LoadedConfig } from '#config/load-config.ts'
import { type ServiceRole, serviceRoles } from '#config/options/role-options.ts'
import { removeStoreAddresses, saveStoreAddresses } from '#config/stores-file.ts'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import type { Random } from '#kernel/random.ts'
import { launchEventStore, launchPostgres } from './embedded-stores.ts'
import { type KeepRunningOptions, type Kept, keepRunning, type Running } from './keep-running.ts'
import { launchChild } from './launch-child.ts'
import { createChildList, waitForOrphans } from './orphans.ts'
import { planRoles, type RolePlan } from './plan-roles.ts'
import { createPortKeeper } from './ports.ts'
import type { PartName, SupervisorEvent } from './supervisor-event.ts'
import { waitUntilWorking } from './wait-until-working.ts'

export type SupervisorOptions = {
  readonly config: LoadedConfig<'up'>
  readonly projectFolder: string
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  readonly tell: (event: SupervisorEvent) => void
  /** What must be done before the roles start, beside the stores: building the web apps. */
  readonly prepare: () => Promise<void>
  /** Without roles only the stores run. */
  readonly roles: readonly ServiceRole[]
}

export type Supervisor = {
  /** Settles when every part works, or some took too long. Rejects when it cannot work, such as with a taken port. */
  start(): Promise<void>
  stop(): Promise<void>
}

const startTimeoutMs = 120_000
const workingTimeoutMs = 30_000
const stopOrder: readonly (readonly PartName[])[] = [
  ['field', 'office', 'agent', 'worker'],
  ['logic'],
  ['event-store', 'postgres'],
]

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { config, projectFolder, log, clock, random, tell } = options
  const { home, values } = config
  const kept = new Map<PartName, Kept>()
  const children = createChildList(home)
  const ports = createPortKeeper({ home, random, clock })
  const shared = { home, projectFolder, log, clock, stopTimeoutMs: values.stop.timeoutMs }
  const stopping = new AbortController()
  const urls = new Map<string, string>()
  const pids = new Map<ServiceRole, number | null>()

  const keep = (
    service: PartName,
    launch: KeepRunningOptions['launch'],
    onReady?: (running: Running) => void,
  ): Promise<void> => {
    if (stopping.signal.aborted) return Promise.resolve()
    const part = keepRunning({
      launch,
      restart: values.restart,
      clock,
      random,
      onReady: (running) => {
        onReady?.(running)
        urls.set(service, running.url)
        log.info(`${service} is ready`, { pid: running.pid })
        tell({ event: 'ready', service, url: withoutPassword(running.url), pid: running.pid })
      },
      onDown: (ended, restartInMs) => {
        log.warning(`${service} is down`, { code: ended.code, because: ended.words, restartInMs })
        tell({ event: 'down', service, ...ended, restartInMs })
      },
    })
    kept.set(service, part)
    return part.whenReady
  }

  /** The address of the store: known at once when configured, else when the embedded one is ready. */
  const startEventStore = async (configured: string): Promise<string> => {
    if (configured !== '') return configured
    const port = await ports.choose({
      owner: 'event-store',
      port: values.embedded.eventStorePort,
      key: '"embedded.eventStorePort"',
      host: '127.0.0.1',
    })
    const url = createDeferred<string>()
    const launch = (abort: AbortSignal) =>
      launchEventStore({
        ...shared,
        port,
        durability: values.embedded.eventStoreDurability,
        abort,
        onSpawn: (pid) => children.set('event-store', pid),
      })
    await keep('event-store', launch, (running) => url.resolve(running.url))
    return stopping.signal.aborted ? '' : url.promise
  }
  const startPostgres = async (configured: string): Promise<string> => {
    if (configured !== '') return configured
    const url = createDeferred<string>()
    const launch = (abort: AbortSignal) => launchPostgres({ ...shared, port: values.embedded.postgresPort, abort })
    await keep('postgres', launch, (running) => url.resolve(running.url))
    return stopping.signal.aborted ? '' : url.promise
  }
  const startRole = ({ role, environment }: RolePlan, addresses: { databaseUrl: string; eventStore: string }) =>
    keep(
      role,
      (abort) =>
        launchChild({
          name: role,
          args: [join(projectFolder, 'src/services', role, 'main.ts'), '--home', home],
          folder: projectFolder,
          environment: environmentForChild({
            ...environment,
            // Only those that may open the database hear its password.
            DATABASE_URL: role === 'logic' || role === 'worker' ? addresses.databaseUrl : undefined,
            PEEK_EVENT_STORE: role === 'agent' ? undefined : addresses.eventStore,
          }),
          readiness: 'ipc',
          startTimeoutMs,
          stopTimeoutMs: values.stop.timeoutMs,
          clock,
          abort,
          onSpawn: (pid) => children.set(role, pid),
          onRestartAsked: (words) => restart(role, words),
          // Administrators decide it there.
          ...(role === 'logic' && { onOtherRestartAsked: restartOther }),
        }),
      ({ pid }) => pids.set(role, pid),
    )
  const restart = (role: ServiceRole, words: string): void => {
    log.info(`${role} is restarted`, { because: words })
    tell({ event: 'restarting', service: role, words })
    kept.get(role)?.restart()
  }
  const restartOther = ({ name, pid }: { name: string; pid: number }, words: string): boolean => {
    const role = serviceRoles.find((one) => one === name)
    if (!role || pids.get(role) !== pid) return false
    restart(role, words)
    return true
  }

  return {
    start: async () => {
      const orphanCount = await waitForOrphans({ home, clock, log })
      if (orphanCount > 0) tell({ event: 'note', words: `waited for ${orphanCount} services of an earlier run to end` })
      const plan = await planRoles({ config, roles: options.roles, ports })
      const [eventStore, databaseUrl] = await Promise.all([
        startEventStore(plan.eventStoreConfigured),
        startPostgres(plan.databaseConfigured),
        options.prepare(),
      ])
      if (stopping.signal.aborted) return
      saveStoreAddresses(home, { databaseUrl, eventStore })
      await Promise.all(plan.roles.map((role) => startRole(role, { databaseUrl, eventStore })))
      const sites = () => options.roles.map((role) => [role, urls.get(role) ?? ''] as const)
      const waiting = { sites, timeoutMs: workingTimeoutMs, clock, abort: stopping.signal }
      for (const words of await waitUntilWorking(waiting)) tell({ event: 'note', words })
    },
    stop: async () => {
      stopping.abort()
      tell({ event: 'stopping' })
      for (const group of stopOrder) {
        await Promise.all(
          group.map(async (service) => {
            const part = kept.get(service)
            if (!part) return
            await part.stop()
            tell({ event: 'stopped', service })
          }),
        )
      }
      removeStoreAddresses(home)
    },
  }
}

export const enabledRoles = (config: LoadedConfig<'up'>): readonly ServiceRole[] =>
  serviceRoles.filter((role) => config.values.run[role])

/** The console and --json may be kept by anybody; the whole address is in `<home>/run/stores.json`. */
function withoutPassword(url: string): string {
  return url.replace(/^(postgres(?:ql)?:\/\/[^:/@]*):[^@]*@/, '$1@')
}
