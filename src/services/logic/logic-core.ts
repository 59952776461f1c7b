import { join } from 'node:path'
import { type Audit, openAudit } from '#audit/audit.ts'
import { getDatabaseUrl, getEventStoreAddress } from '#config/stores-file.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { openKurrentStoreOperations } from '#event-store/kurrent/kurrent-store-operations.ts'
import type { StoreOperations } from '#event-store/store-operations.ts'
import { backOffMs } from '#kernel/back-off.ts'
import { describeError } from '#kernel/platform-error.ts'
import { logStart } from '#kernel/position.ts'
import type { Random } from '#kernel/random.ts'
import { createLookedThrough, type LookedThrough } from '#observable/source/looked-through.ts'
import type { PastQuestions } from '#observable/source/past-questions.ts'
import { createSnapshotSource, type SnapshotSource } from '#observable/source/snapshot-source.ts'
import { allProjections } from '#plugin-host/all-projections.ts'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import type { RpcPort, SettingsPort } from '#plugin-host/parts/part-ports.ts'
import type { PartsHost } from '#plugin-host/parts/parts-host.ts'
import { allObservables } from '#plugin-host/platform-parts.ts'
import { findCheckpoint } from '#projection/checkpoint.ts'
import { projectionId } from '#projection/define-projection.ts'
import { createEffectSource, type EffectSource, type ShownProjection } from '#projection/parking/effect-source.ts'
import { eventSearch } from '#projections/event-search/event-search.ts'
import type { Client } from '#storage/client.ts'
import { openDatabase } from '#storage/database.ts'
import { createHistorian } from '../historian/start-historian.ts'
import type { ServiceContext } from '../run-role.ts'
import type { PartHealth } from '../service.ts'
import { toPartsHealth } from '../service-parts.ts'
import { createStopSignal } from '../stop-signal.ts'
import { anchorFoldersOf } from './anchor-folders.ts'
import type { Engine } from './engine.ts'
import { startLeading } from './leading.ts'
import { createRowChangesOf } from './row-changes.ts'
import { wordsForEverybody } from './words-for-everybody.ts'

export type OpenedStore = {
  readonly store: EventStore
  readonly operations: StoreOperations
  readonly connectionString: string
}

export type CoreState = { readonly online: boolean; readonly words: string }

/**
 * What works behind logic's sites: the event store, and while this instance leads, the engine and its snapshots.
 *
 * Promises: losing a store or the leadership ends nothing here; `onState` tells each change once, and the stores are
 * asked for again with back-off.
 */
export interface LogicCore {
  store(): EventStore | undefined
  /** For looking after the event store; there as soon as the store itself is. */
  operations(): StoreOperations | undefined
  engine(): Engine | undefined
  snapshots(): SnapshotSource | undefined
  /** How many snapshots were read from the database since the process began. */
  snapshotCount(): number
  /** What became of actions that are not in the rows. */
  effects(): EffectSource | undefined
  /** How far read models have looked through the log. */
  looked(): LookedThrough | undefined
  /** For finding what was recorded. */
  audit(): Audit | undefined
  /** The leader's connections to Postgres. */
  sql(): Client | undefined
  /** The logic parts of plugins, which run on the leader only. */
  parts(): PartsHost<'logic'> | undefined
  /** As a parts host does it; also for what parts left behind when the leadership ended. */
  blame(error: unknown): boolean
  /** For asking what was; undefined while this instance does not lead. */
  past(): PastQuestions | undefined
  /** Whether actions are taken and snapshots answered here. */
  state(): CoreState
  onState(listener: (state: CoreState) => void): () => void
  health(): readonly PartHealth[]
  /** `onStore` runs once, as soon as the event store is open. */
  start(onStore: (opened: OpenedStore) => Promise<void> | void): void
  stop(): Promise<void>
}

export function createLogicCore(options: {
  context: ServiceContext<'logic'>
  plugins: readonly LoadedPlugin[]
  /** Observables that others answer for: named in the error about an unknown one. */
  otherNames: readonly string[]
  /** Selectors watched now of these observables, everywhere. */
  watchedSelectors: (observables: readonly string[]) => number
  /** The tables of the platform and the plugins are there. */
  onMigrated: () => void
  /** Jobs at a time that the workers have room for. */
  placeCount: () => number
  rpc: RpcPort
  settings: SettingsPort
  /** Of the admin site. */
  siteUrl: () => string | undefined
  random: Random
}): LogicCore {
  const { context, plugins, random } = options
  const { config, identity, log, clock, meter } = context
  const observables = allObservables(plugins)
  const signal = createStopSignal(clock)
  const listeners = new Set<(state: CoreState) => void>()
  let store: EventStore | undefined
  let operations: StoreOperations | undefined
  let engine: Engine | undefined
  let snapshots: SnapshotSource | undefined
  let snapshotCount = 0
  const onQuery = (): void => {
    snapshotCount += 1
  }
  let effects: EffectSource | undefined
  let looked: LookedThrough | undefined
  let audit: Audit | undefined
  let sql: Client | undefined
  let parts: PartsHost<'logic'> | undefined
  let latestParts: PartsHost<'logic'> | undefined
  const historian = createHistorian({ home: config.home, log: log.named('past'), clock })
  let leading: ReturnType<typeof startLeading> | undefined
  let opening: Promise<void> = Promise.resolve()
  let state: CoreState = { online: false, words: 'logic is starting' }

  const tell = (next: CoreState): void => {
    const isNews = next.online !== state.online || next.words !== state.words
    state = next
    if (isNews) for (const listener of listeners) listener(state)
  }

  const openStore = async (onStore: (opened: OpenedStore) => Promise<void> | void): Promise<void> => {
    for (let attempt = 0; !signal.isStopped; attempt++) {
      try {
        const connectionString = getEventStoreAddress(config)
        const opening = { connectionString, log: log.named('event-store'), clock, random }
        store ??= await openKurrentEventStore(opening)
        operations ??= await openKurrentStoreOperations({ ...opening, log: log.named('event-store-operations') })
        if (signal.isStopped) return
        await onStore({ store, operations, connectionString })
        leading = startLeading({ ...leadingOptions, store })
        return
      } catch (error) {
        const words = wordsForEverybody(error)
        if (words !== state.words) log.warning(`the event store is not there yet: ${describeError(error)}`)
        tell({ online: false, words })
        await signal.pause(backOffMs(attempt, random))
      }
    }
  }

  const openAuditOf = (working: Engine, ofStore: EventStore): Audit => {
    const projector = working.projectors.find(({ id }) => id === projectionId(eventSearch))
    const position = () => projector?.status().position ?? logStart
    const rowChangesOf = createRowChangesOf(historian.questions)
    const url = getDatabaseUrl(config)
    return openAudit({ url, store: ofStore, position, rowChangesOf, clock, log: log.named('audit') })
  }

  const leadingOptions: Omit<Parameters<typeof startLeading>[0], 'store'> = {
    databaseUrl: () => getDatabaseUrl(config),
    openDatabase: (url) => openDatabase({ url, log, applicationName: 'peek logic' }),
    plugins,
    instance: identity.id,
    anchorFolders: anchorFoldersOf(config),
    filesFolder: join(config.folder, 'files'),
    onMigrated: options.onMigrated,
    placeCount: options.placeCount,
    rpc: options.rpc,
    settings: options.settings,
    siteUrl: options.siteUrl,
    surroundings: {
      home: config.home,
      build: identity.build,
      watchedSelectors: options.watchedSelectors,
      loopDelayMs: meter.loopDelayMs,
    },
    clock,
    random,
    log,
    onChange: (work, words) => {
      engine = work?.engine
      sql = work?.database.sql
      parts = work?.parts
      latestParts = parts ?? latestParts
      snapshots =
        work && createSnapshotSource({ sql: work.database.sql, observables, otherNames: options.otherNames, onQuery })
      effects = work && createEffectSource({ sql: work.database.sql, projections: shownProjections(plugins) })
      looked =
        work &&
        createLookedThrough({
          observables,
          lookedTo: (feed) => work.engine.projectors.find(({ id }) => id === feed)?.status().position,
          checkpointOf: (schemaName) => findCheckpoint(work.database.sql, schemaName),
        })
      void audit?.close().catch(() => undefined)
      audit = work && store && openAuditOf(work.engine, store)
      // Whoever leads next has a process of its own for the past.
      if (!work) void historian.stop()
      tell({ online: work !== undefined, words })
    },
  }

  return {
    store: () => store,
    operations: () => operations,
    engine: () => engine,
    snapshots: () => snapshots,
    snapshotCount: () => snapshotCount,
    effects: () => effects,
    looked: () => looked,
    audit: () => audit,
    sql: () => sql,
    parts: () => parts,
    blame: (error) => latestParts?.blame(error) ?? false,
    past: () => (engine ? historian.questions : undefined),
    state: () => state,
    onState: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    health: () => [leadershipHealth(state), storeHealth(store), ...(parts ? toPartsHealth(parts) : [])],
    start: (onStore) => {
      opening = openStore(onStore)
    },
    stop: async () => {
      signal.stop()
      await opening
      await leading?.stop()
      await historian.stop()
      await operations?.close()
      await store?.close()
    },
  }
}

function leadershipHealth({ online, words }: CoreState): PartHealth {
  return { name: 'leadership', state: online ? 'ready' : 'starting', words }
}

function storeHealth(store: EventStore | undefined): PartHealth {
  const found = store?.health()
  if (!found) return { name: 'event store', state: 'starting', words: 'the event store is being reached' }
  return { name: 'event store', state: found.state === 'ready' ? 'ready' : 'degraded', words: found.words }
}

/** Those whose rows somebody may miss on a screen. */
function shownProjections(plugins: readonly LoadedPlugin[]): readonly ShownProjection[] {
  const observables = allObservables(plugins)
  return allProjections(plugins).flatMap((definition) => {
    const id = projectionId(definition)
    const on = observables.filter(({ feed }) => feed === id).map(({ name }) => name)
    return on.length === 0 ? [] : [{ id, schemaName: definition.model.schemaName, on }]
  })
}
