import type { ChangeMark } from '#event-store/change-event.ts'
import type { RecordedEvent } from '#event-store/event-store.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import { type AnnouncedBeside, openChangeStream } from './change-stream.ts'
import type { Checkpoint } from './checkpoint.ts'
import { commitAside } from './commit-aside.ts'
import { commitBatch } from './commit-batch.ts'
import { type Commit, commitPlan, isDataError } from './commit-plan.ts'
import { projectionId } from './define-projection.ts'
import { type FoldedBatch, planBatch } from './fold.ts'
import { loadParkedStreams, storableWords } from './parked-events.ts'
import { delayedBy } from './parking/action-effects.ts'
import { settleSkipped } from './parking/settle-skipped.ts'
import { loadSkippedIds, withoutSkipped } from './parking/skipped-events.ts'
import { toReadEvent } from './projected-event.ts'
import type { ProjectionCode } from './projection-code.ts'
import { projectionFilter } from './projection-filter.ts'
import type { ProjectorOptions } from './projector-options.ts'
import type { ProjectorStatus } from './projector-status.ts'
import type { AsideWork, ProjectorTurn, RunningCode } from './projector-turn.ts'
import { reconcile } from './reconcile.ts'
import { createRowCache } from './row-cache.ts'
import { shapesOf } from './table-shape.ts'
import { createTurns } from './turns.ts'

/** One run of a projector, from a checkpoint until it is stopped or something breaks. */
export interface ProjectorRun {
  /** Resolves after `stop`; rejects with what broke. */
  readonly finished: Promise<void>
  /** Does `work` between two batches; rejects with what it throws, or when the run is over. */
  inTurn<T>(work: (turn: ProjectorTurn) => Promise<T>): Promise<T>
  stop(): Promise<void>
}

/** The error that was shown is mended. */
const noError = { lastError: null, lastErrorEventId: null, lastErrorPosition: null, lastErrorStream: null }

/** Live there are never so many; far behind, the fewer commits, the sooner it is there. */
const batchCountMax = 5_000
const cachedRowsMax = 50_000
/** A read model of all events has a row for each of them, and nobody acts on what it shows of the last moment. */
const gatherMs = 200

export async function startProjectorRun(
  options: ProjectorOptions & {
    readonly checkpoint: Checkpoint
    readonly upcast: ProjectionCode['upcast']
    readonly mustResync: boolean
    readonly report: (change: Partial<ProjectorStatus>) => void
    /** The entity whose failure is shown as the last error. */
    readonly blamedStream: () => string | null
    /** Called after each commit: the run is worth its start. */
    readonly isProgress: () => void
  },
): Promise<ProjectorRun> {
  const { definition, store, sql, clock, log, epoch, report, checkpoint } = options
  const shapes = shapesOf(definition.model.tables)
  // Rows about events are written once and never looked at again.
  const cache = createRowCache(definition.readsEverything ? 0 : cachedRowsMax)
  const changes = await openChangeStream({
    store,
    plugin: definition.plugin,
    projection: definition.name,
    watchedFields: options.watchedFields,
  })
  let incarnation = await reconcile(options, changes)
  const parkedStreams = await loadParkedStreams(sql, projectionId(definition))
  const skipped = await loadSkippedIds(sql, projectionId(definition))
  const code: RunningCode = {
    definition,
    shapes,
    plan: (events) => {
      const read = withoutSkipped(events, skipped).map((event) => toReadEvent(event, options.upcast))
      return planBatch(definition, shapes, read)
    },
  }
  let position: Position = checkpoint.position
  let eventCount = checkpoint.eventCount
  let parkedCount = [...parkedStreams.values()].reduce((sum, count) => sum + count, 0)
  let announced: Promise<void> = Promise.resolve()
  let isLive = false
  const broken = createDeferred<never>()
  broken.promise.catch(() => undefined)
  report({ state: 'catching-up', position, incarnation, eventCount, parkedCount })

  const turns = createTurns()
  const ending = new AbortController()
  const onBatch = async (events: readonly RecordedEvent[], upTo: Position): Promise<void> => {
    await turns.take(async () => {
      if (events.length > 0) await commitPlan(commit, code.plan(events), upTo)
      report({ position: upTo })
    })
    // What comes meanwhile is committed together.
    if (definition.readsEverything && isLive) await rest(gatherMs)
  }
  const rest = (restMs: number): Promise<void> =>
    new Promise((resolve) => {
      const end = () => {
        cancel()
        ending.signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = clock.after(restMs, end)
      ending.signal.addEventListener('abort', end)
      if (ending.signal.aborted) end()
    })

  const commit: Commit = async (plan, to) => {
    const move = { from: position, to, incarnation, epoch }
    const isParked = (stream: string): boolean => parkedStreams.has(stream)
    const folded = await commitBatch({ sql, definition, shapes, plan, move, cache, isParked })
    position = to
    const effects = delayedBy(folded.parked, clock.now())
    await announce({ incarnation, version: definition.version, from: move.from, to }, folded.changes, { effects })
    eventCount += plan.length
    noteParked(folded)
    options.isProgress()
    const lastEventAt = plan.at(-1)?.event.recordedAt
    report({
      position,
      eventCount,
      parkedCount,
      lastCommitAt: clock.now(),
      ...(lastEventAt === undefined ? {} : { lastEventAt }),
    })
    return folded
  }

  /** At most one announcement is under way while the next batch commits: in order, and bounded. */
  const announce = async (mark: ChangeMark, rows: FoldedBatch['changes'], beside: AnnouncedBeside): Promise<void> => {
    await announced
    announced = changes.announce(mark, rows, beside).then(
      () => undefined,
      (error: unknown) => {
        throw toAnnounceError(error)
      },
    )
    announced.catch(broken.reject)
  }

  const noteParked = (folded: FoldedBatch): void => {
    for (const { event, words, isBehind } of folded.parked) {
      parkedStreams.set(event.stream, (parkedStreams.get(event.stream) ?? 0) + 1)
      parkedCount++
      // Those that only wait would hide the cause.
      if (isBehind) continue
      const shown = storableWords(words)
      log.error(`event ${event.id} (${event.type} at ${event.position} in ${event.stream}) is parked: ${shown}`)
      report({
        lastError: `${event.type} in ${event.stream}: ${shown}`,
        lastErrorEventId: event.id,
        lastErrorPosition: event.position,
        lastErrorStream: event.stream,
      })
    }
  }

  const commitBeside = async (work: AsideWork): Promise<FoldedBatch['changes']> => {
    const life = { position, incarnation, epoch }
    const committed = await commitAside({ sql, definition, shapes, cache, life, work }).catch((error: unknown) => {
      // It may have been committed all the same: only a new run can tell.
      if (!isDataError(error)) broken.reject(error)
      throw error
    })
    const { version } = definition
    const { changes: rows, effects } = committed
    const isNewLife = committed.incarnation !== incarnation
    if (!isNewLife && effects.length === 0) return rows
    const beside = { effects, ...(isNewLife && { follows: { incarnation, version } }) }
    incarnation = committed.incarnation
    await announce({ incarnation, version, from: position, to: position }, rows, beside)
    report({ incarnation, lastCommitAt: clock.now() })
    return rows
  }

  const noteCounts = (counts: ReadonlyMap<string, number>): void => {
    for (const [stream, count] of counts) {
      parkedCount += count - (parkedStreams.get(stream) ?? 0)
      if (count > 0) parkedStreams.set(stream, count)
      else parkedStreams.delete(stream)
    }
    const blamed = options.blamedStream()
    report({ parkedCount, ...(blamed !== null && counts.get(blamed) === 0 ? noError : {}) })
  }

  const turnNow = (): ProjectorTurn => ({
    code,
    position,
    commit: commitBeside,
    noteSkipped: (eventId) => void skipped.add(eventId),
    noteParked: noteCounts,
  })

  const inTurn: ProjectorRun['inTurn'] = (work) => turns.take(() => work(turnNow()))
  const settled = settleSkipped({
    projector: { id: projectionId(definition), inTurn },
    store,
    sql,
    signal: ending.signal,
    log,
  })
  const feed = store.follow({
    after: checkpoint.position,
    filter: projectionFilter(definition),
    batchCountMax,
    onBatch,
    onLive: (live) => {
      isLive = live
      report({ state: live ? 'live' : 'catching-up' })
    },
  })
  const finished = Promise.race([feed.finished.then(() => announced), broken.promise])
  finished.catch(() => undefined)

  return {
    finished,
    inTurn,
    stop: async () => {
      ending.abort()
      await feed.stop()
      await turns.end()
      await settled
      await announced
    },
  }
}

/** The change stream moved under us: the next run finds out who is right, since it asks Postgres for the epoch first. */
function toAnnounceError(cause: unknown): unknown {
  if (!isPlatformError(cause, 'revision-conflict')) return cause
  const words = `Somebody else announces the changes of this read model: ${cause.message}`
  return new PlatformError('revision-conflict', words, { facts: cause.facts, cause })
}
