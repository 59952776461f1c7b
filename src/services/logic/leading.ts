import { join, resolve } from 'node:path'
import type { EventStore } from '#event-store/event-store.ts'
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import { pluginSchemaName } from '#plugin-host/parts/part-database.ts'
import type { RpcPort, SettingsPort } from '#plugin-host/parts/part-ports.ts'
import type { PartsHost } from '#plugin-host/parts/parts-host.ts'
import type { Database } from '#storage/database.ts'
import { acquireLeadership, type Leadership } from '#storage/leader-lock.ts'
import { migrate } from '#storage/migrate.ts'
import { createStopSignal } from '../stop-signal.ts'
import { type Engine, startEngine } from './engine.ts'
import { startLogicParts } from './logic-parts.ts'
import type { RebuildSurroundings } from './rebuilds/start-rebuilds.ts'
import { wordsForEverybody } from './words-for-everybody.ts'

const migrationsFolder = resolve(import.meta.dir, '../../../migrations')

/** What only the leader has. */
export type LeadingWork = {
  readonly engine: Engine
  readonly database: Database
  readonly parts: PartsHost<'logic'>
}

/**
 * Leads whenever it may: waits for the lock, runs the engine, and begins again when the lock is lost.
 * Losing Postgres loses the lock; the sites and links of this process go on meanwhile (S1).
 */
export function startLeading(options: {
  databaseUrl: () => string
  openDatabase: (url: string) => Database
  store: EventStore
  plugins: readonly LoadedPlugin[]
  instance: string
  anchorFolders: readonly string[]
  surroundings: RebuildSurroundings
  placeCount: () => number
  clock: Clock
  random: Random
  log: Log
  /** Holds the folders that parts of plugins call their own. */
  filesFolder: string
  rpc: RpcPort
  settings: SettingsPort
  /** The tables of the platform and the plugins are there; also told to one that then stands by. */
  onMigrated: () => void
  siteUrl: () => string | undefined
  onChange: (work: LeadingWork | undefined, words: string) => void
}): { stop(): Promise<void> } {
  const { plugins, clock, random, log, onChange } = options
  const stopping = new AbortController()
  let closing: Promise<void> = Promise.resolve()
  const signal = createStopSignal(clock)

  const lead = async (url: string): Promise<void> => {
    onChange(undefined, 'the database is brought up to date')
    const sets = plugins.map(({ manifest: { id }, folder }) => ({
      id,
      folder: join(folder, 'migrations'),
      schemaName: pluginSchemaName(id),
    }))
    await migrate({ url, sets: [{ id: 'platform', folder: migrationsFolder }, ...sets], log })
    options.onMigrated()
    onChange(undefined, 'another logic leads; this one stands by')
    const leadership = await acquireLeadership({ url, name: 'logic', log, signal: stopping.signal, clock })
    const database = options.openDatabase(url)
    try {
      await runEngine(leadership, database, url)
    } finally {
      onChange(undefined, 'logic does not lead just now')
      await leadership.release().catch(() => undefined)
      // A server that is gone keeps a close waiting for seconds, and the next leadership opens connections of its own.
      closing = database.close().catch(() => undefined)
    }
  }

  const runEngine = async (leadership: Leadership, database: Database, url: string): Promise<void> => {
    const over = createDeferred<void>()
    const lost = new AbortController()
    const { store, instance, anchorFolders, surroundings, placeCount } = options
    const engine = startEngine({
      plugins,
      store,
      database,
      epoch: leadership.epoch,
      instance,
      anchorFolders,
      surroundings,
      placeCount,
      clock,
      random,
      log,
      onLostLeadership: () => {
        lost.abort()
        over.resolve()
      },
      lost: lost.signal,
    })
    const onAbort = (): void => over.resolve()
    stopping.signal.addEventListener('abort', onAbort, { once: true })
    const parts = startLogicParts({ ...options, engine, url })
    onChange({ engine, database, parts: parts.host }, '')
    void leadership.lost.then(() => lost.abort())
    await Promise.race([leadership.lost, over.promise])
    stopping.signal.removeEventListener('abort', onAbort)
    if (!stopping.signal.aborted) log.warning('leadership is over; the engine stops and logic asks for it again')
    // Parts push nothing any more, so that neither has to wait for the other.
    await Promise.all([parts.stop(), engine.stop()])
  }

  const loop = async (): Promise<void> => {
    for (let attempt = 0; !stopping.signal.aborted; attempt++) {
      const startedAt = clock.now()
      try {
        await lead(options.databaseUrl())
      } catch (error) {
        if (stopping.signal.aborted) return
        const level = isPlatformError(error, 'migration-failed') ? 'error' : 'warning'
        log[level](`logic cannot lead yet: ${describeError(error)}`)
        onChange(undefined, wordsForEverybody(error))
      }
      if (clock.now() - startedAt > 10_000) attempt = 0
      await signal.pause(backOffMs(attempt, random, 50, 5_000))
    }
  }
  const finished = loop()

  return {
    stop: async () => {
      stopping.abort()
      signal.stop()
      await finished
      await closing
    },
  }
}
