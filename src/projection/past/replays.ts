import { upcastEvent } from '#event-store/upcast.ts'
import { newUuid } from '#kernel/ids.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { createReadModelSchema, dropReadModelSchema } from '#storage/create-tables.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import type { ProjectionDefinition } from '../define-projection.ts'
import { loadSkippedIds } from '../parking/skipped-events.ts'
import type { ProjectionCode } from '../projection-code.ts'
import { findDefinition } from './find-definition.ts'
import type { PastPorts } from './past-ports.ts'
import { nextSchema } from './past-tables.ts'
import { type ReplayProgress, type ReplayRequest, replaySlice } from './replay.ts'
import { compareWithLive, hasSameColumns, type LiveComparison, loadReplayPage, type ReplayPage } from './replay-rows.ts'
import { shadowDefinition } from './shadow-definition.ts'

export type ReplayState = ReplayRequest &
  ReplayProgress & {
    readonly id: string
    readonly phase: 'running' | 'done' | 'cancelled' | 'failed'
    readonly error: string | null
    readonly startedAt: number
    readonly endedAt: number | null
    readonly tables: readonly string[]
    /** Whether its tables have the columns of the live ones. */
    readonly isComparable: boolean
  }

/**
 * Replays into scratch schemas: for looking, and gone afterwards.
 *
 * Promises: live rows and the log are not touched; a few are kept, the oldest goes when another one begins; nothing is
 * left behind by `stop`, nor by a process that was killed once the next one has begun.
 */
export interface Replays {
  start(request: ReplayRequest): Promise<ReplayState>
  list(): readonly ReplayState[]
  get(id: string): ReplayState
  /** Ends it where it is; its rows can still be looked at. */
  cancel(id: string): Promise<ReplayState>
  drop(id: string): Promise<void>
  rows(id: string, page: { table: string; offset: number; countMax: number; withLive: boolean }): Promise<ReplayPage>
  /** How all rows compare with the live ones, by table. */
  compare(id: string): Promise<readonly LiveComparison[]>
  stop(): Promise<void>
}

type Replay = {
  state: ReplayState
  readonly scratch: ProjectionDefinition
  readonly live: ProjectionDefinition
  readonly abort: AbortController
  finished: Promise<void>
}

const keptCountMax = 3
const eventCountMax = 2_000_000
const scratchPrefix = 'peek_scratch_'

export function createReplays(ports: PastPorts, byId: ReadonlyMap<string, ProjectionDefinition>): Replays {
  const { sql, store, clock, log } = ports
  const replays = new Map<string, Replay>()
  const clearing = dropLeftovers(ports).catch((error: unknown) =>
    log.warning(`leftovers of replays could not be dropped: ${describeError(error)}`),
  )

  const get = (id: string): Replay => {
    const found = replays.get(id)
    if (found) return found
    throw new PlatformError('not-found', `There is no replay ${id}: it was dropped, or logic was started again since.`)
  }
  const drop = async (id: string): Promise<void> => {
    const replay = get(id)
    replay.abort.abort()
    await replay.finished
    replays.delete(id)
    await inTransaction(sql, (tx) => dropReadModelSchema(tx, replay.scratch.model.schemaName))
  }

  const run = async (replay: Replay, upcast: ProjectionCode['upcast']): Promise<void> => {
    const change = (next: Partial<ReplayState>): void => {
      replay.state = { ...replay.state, ...next }
    }
    try {
      await replaySlice({
        sql,
        store,
        request: replay.state,
        upcast,
        scratch: replay.scratch,
        skippedIds: await loadSkippedIds(sql, replay.state.projection),
        eventCountMax,
        signal: replay.abort.signal,
        onProgress: change,
      })
      change(replay.abort.signal.aborted ? { phase: 'cancelled' } : { phase: 'done', share: 1 })
    } catch (error) {
      change({ phase: 'failed', error: describeError(error) })
    }
    change({ endedAt: clock.now() })
  }

  return {
    start: async (request) => {
      await clearing
      const live = findDefinition(byId, request.projection)
      const code = await findCode(ports, live, request.version)
      const [oldest] = replays.keys()
      if (replays.size >= keptCountMax && oldest !== undefined) await drop(oldest)
      const scratch = await makeScratch(sql, code.definition)
      const state: ReplayState = {
        ...request,
        version: code.definition.version,
        id: newUuid(),
        phase: 'running',
        readCount: 0,
        eventCount: 0,
        parkedCount: 0,
        failures: [],
        share: 0,
        error: null,
        startedAt: clock.now(),
        endedAt: null,
        tables: Object.keys(scratch.model.tables),
        isComparable: hasSameColumns(scratch, live),
      }
      const replay: Replay = { state, scratch, live, abort: new AbortController(), finished: Promise.resolve() }
      replays.set(state.id, replay)
      replay.finished = run(replay, code.upcast)
      return state
    },
    list: () => [...replays.values()].map(({ state }) => state).reverse(),
    get: (id) => get(id).state,
    cancel: async (id) => {
      const replay = get(id)
      replay.abort.abort()
      await replay.finished
      return replay.state
    },
    drop,
    rows: async (id, page) => {
      const { scratch, live, state } = get(id)
      return loadReplayPage(sql, { scratch, live: page.withLive && state.isComparable ? live : undefined, ...page })
    },
    compare: async (id) => {
      const { scratch, live, state } = get(id)
      if (state.isComparable) return compareWithLive(sql, scratch, live)
      const words = `Version ${state.version} of ${state.projection} has other columns than the live tables.`
      throw new PlatformError('bad-input', words)
    },
    stop: async () => {
      await clearing
      for (const id of [...replays.keys()]) await drop(id)
    },
  }
}

async function findCode(
  { keptCode }: PastPorts,
  live: ProjectionDefinition,
  version: number | null,
): Promise<ProjectionCode> {
  if (version === null || version === live.version) return { definition: live, upcast: upcastEvent }
  const id = `${live.plugin}.${live.name}`
  const kept = await keptCode?.find(id, version)
  if (kept) return kept
  const known = (await keptCode?.versions(id)) ?? []
  const versions = [live.version, ...known.map((each) => each.version).filter((each) => each !== live.version)]
  const words = `The code of version ${version} of ${id} was not kept; there is version ${versions.join(', ')}.`
  throw new PlatformError('not-found', words)
}

async function makeScratch(sql: PastPorts['sql'], definition: ProjectionDefinition): Promise<ProjectionDefinition> {
  return inTransaction(sql, async (tx) => {
    const schema = await nextSchema(tx, scratchPrefix)
    const scratch = shadowDefinition(definition, schema)
    await createReadModelSchema(tx, { schema, tables: Object.values(scratch.model.tables) })
    return scratch
  })
}

async function dropLeftovers({ sql }: PastPorts): Promise<void> {
  const rows = await sql.unsafe('select nspname from pg_namespace where starts_with(nspname, $1)', [scratchPrefix])
  for (const { nspname } of rows) await inTransaction(sql, (tx) => dropReadModelSchema(tx, String(nspname)))
}
