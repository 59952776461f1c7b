import { constants, setPriority } from 'node:os'
import { join, resolve } from 'node:path'
import { type LoadedConfig, loadConfig } from '#config/load-config.ts'
import { getDatabaseUrl, getEventStoreAddress } from '#config/stores-file.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { loadedUpcasters, upcastEvent } from '#event-store/upcast.ts'
import { pause, systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { createLog, type Log } from '#kernel/log.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { systemRandom } from '#kernel/random.ts'
import { watchedFieldsOf } from '#observable/source/watched-fields.ts'
import { allProjections } from '#plugin-host/all-projections.ts'
import { discoverPlugins } from '#plugin-host/discover-plugins.ts'
import { openKeptCode } from '#plugin-host/kept-code/open-kept-code.ts'
import { type LoadedPlugin, loadLogicParts } from '#plugin-host/load-plugins.ts'
import { allObservables } from '#plugin-host/platform-parts.ts'
import { projectionId } from '#projection/define-projection.ts'
import type { ProjectionCode } from '#projection/projection-code.ts'
import { createDifferenceFinder } from '#projection/rebuild/differences/create-difference-finder.ts'
import { createRebuildProver } from '#projection/rebuild/proof/create-rebuild-prover.ts'
import type { ToRebuilder } from '#projection/rebuild/rebuild-messages.ts'
import { runRebuild } from '#projection/rebuild/run-rebuild.ts'
import { type Client, openClient } from '#storage/client.ts'
import { parseFlags } from '../parse-flags.ts'
import { exitCodes } from '../process.ts'
import { makeServiceIdentity } from '../service-identity.ts'
import type { RebuilderLine } from './rebuilder-line.ts'
import { yieldBackends } from './yield-backends.ts'

/**
 * The process that rebuilds one read model, started by the leading logic: `startRebuilder`.
 *
 * Promises: yields the processor to everything else; has connections of its own; ends when it was told to, when its
 * rebuild broke, and when whoever started it is gone, what it has folded saved where that is possible.
 */
type Begin = Extract<ToRebuilder, { kind: 'begin' }>

const projectFolder = resolve(import.meta.dir, '../../..')
const maxConnections = 4
const priority = constants.priority.PRIORITY_BELOW_NORMAL
/** Less yielding than the process: what holds a lock inside the server must come to the end of it. */
const backendPriority = 5
const goneDeadlineMs = 5_000

async function main(args: readonly string[]): Promise<number> {
  const { flags } = parseFlags(args, { home: 'text' })
  const { begin, hear, onMessage } = listen()
  say({ kind: 'listening' })
  const log = createLog('rebuilder', ({ level, words, facts }) =>
    say({ kind: 'log', level, words, ...(facts && { facts }) }),
  )
  yieldProcessor(log)
  const asked = await begin
  try {
    if (flags.home === undefined) throw new PlatformError('bad-configuration', 'Name the home folder: --home DIR.')
    const config = loadConfig({ role: 'logic', home: flags.home })
    return await rebuild(asked, config, log.named(asked.projection), onMessage)
  } catch (error) {
    say({ kind: 'failed', errorKind: isPlatformError(error) ? error.kind : 'unexpected', words: describeError(error) })
    return exitCodes.failed
  } finally {
    hear.close()
  }
}

/** What breaks the rebuild itself is said by it. */
async function rebuild(
  begin: Begin,
  config: LoadedConfig<'logic'>,
  log: Log,
  onMessage: (listener: (message: ToRebuilder) => void) => void,
): Promise<number> {
  const plugins = await loadPlugins(config, log)
  const sql = openClient({
    url: getDatabaseUrl(config),
    log,
    applicationName: `peek rebuild ${begin.projection}`,
    maxConnections,
    synchronousCommit: 'off',
  })
  // A server that somebody configured is theirs, and its process numbers are another machine's.
  const isOurs = config.values.storage.connectUrl === ''
  const yielding = isOurs ? yieldBackends({ sql, priority: backendPriority, clock: systemClock, log }) : undefined
  const connectionString = getEventStoreAddress(config)
  const store = await openKurrentEventStore({
    connectionString,
    log,
    clock: systemClock,
    random: systemRandom,
    isBackground: true,
  })
  try {
    const { definition, upcast, watchedFields } = await findCode(begin, plugins, { sql, config })
    const places = { definition, shadowSchema: begin.shadowSchema, sql }
    const run = runRebuild({
      begin,
      code: { definition, upcast },
      store,
      sql,
      prover: createRebuildProver({ ...places, log }),
      differences: createDifferenceFinder({ ...places, watchedFields, store }),
      clock: systemClock,
      random: systemRandom,
      log,
      say,
    })
    onMessage(run.hear)
    return await run.finished.then(
      () => exitCodes.stopped,
      () => exitCodes.failed,
    )
  } finally {
    yielding?.stop()
    await Promise.all([store.close(), sql.end({ timeout: 1 })]).catch(() => undefined)
  }
}

/** Today's code, or kept code of the version asked for. */
async function findCode(
  { projection, toVersion }: Begin,
  plugins: readonly LoadedPlugin[],
  { sql, config }: { sql: Client; config: LoadedConfig<'logic'> },
): Promise<Required<ProjectionCode>> {
  const observables = allObservables(plugins)
  const watchedFields = watchedFieldsOf(observables, projection)
  const loaded = allProjections(plugins).find((one) => projectionId(one) === projection)
  if (loaded?.version === toVersion) return { definition: loaded, upcast: upcastEvent, watchedFields }
  const kept = await openKeptCode({ sql, folder: join(config.folder, 'kept-code') }).find(projection, toVersion)
  if (kept) return { watchedFields, ...kept }
  throw new PlatformError(
    'not-found',
    `There is no code of version ${toVersion} of ${projection}: ` +
      `${loaded ? `version ${loaded.version} is loaded` : 'no plugin that is loaded has it'}, and none of that version was kept.`,
  )
}

async function loadPlugins({ values, folder }: LoadedConfig<'logic'>, log: Log): Promise<readonly LoadedPlugin[]> {
  const { build: platform } = makeServiceIdentity({ name: 'rebuilder', folder, now: systemClock.now() })
  const { enabled, folder: pluginFolder } = values.plugin
  const discovered = discoverPlugins({ folder: pluginFolder || join(projectFolder, 'plugins'), enabled, platform, log })
  const plugins = await loadLogicParts(discovered, log)
  loadedUpcasters.addAll(plugins.flatMap((plugin) => plugin.logic?.eventSchemas ?? []))
  return plugins
}

/** Messages wait until somebody listens. When the channel closes, nobody is there to rebuild for. */
function listen() {
  const begin = createDeferred<Begin>()
  const waiting: ToRebuilder[] = []
  let listener: ((message: ToRebuilder) => void) | undefined
  let isStopping = false
  const take = (message: ToRebuilder): void => {
    if (message.kind === 'begin') return begin.resolve(message)
    if (message.kind === 'stop' && !listener) return void process.exit(exitCodes.stopped)
    if (listener) listener(message)
    else waiting.push(message)
  }
  const onFound = (found: unknown): void => take(found as ToRebuilder)
  const onGone = (): void => {
    if (isStopping) return
    isStopping = true
    take({ kind: 'stop' })
    void pause(systemClock, goneDeadlineMs).then(() => process.exit(exitCodes.failed))
  }
  process.on('message', onFound)
  process.on('disconnect', onGone)
  return {
    begin: begin.promise,
    onMessage: (next: (message: ToRebuilder) => void): void => {
      listener = next
      for (const message of waiting.splice(0)) next(message)
    },
    hear: {
      close: (): void => {
        process.off('message', onFound)
        process.off('disconnect', onGone)
      },
    },
  }
}

function say(line: RebuilderLine): void {
  if (process.connected) process.send?.(line)
}

function yieldProcessor(log: Log): void {
  try {
    setPriority(priority)
  } catch (error) {
    log.info(`the process keeps its priority: ${describeError(error)}`)
  }
}

if (import.meta.main) process.exit(await main(Bun.argv.slice(2)))
