import type { ChangeMark, ReadModelLife } from '#event-store/change-event.ts'
import type { RecordedEvent } from '#event-store/event-store.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import { openChangeStream } from './change-stream.ts'
import type { Checkpoint } from './checkpoint.ts'
import { commitAside } from './commit-aside.ts'
import { commitBatch } from './commit-batch.ts'
import { type Commit, commitPlan, isDataError } from './commit-plan.ts'
import { projectionId } from './define-projection.ts'
import { type FoldedBatch, planBatch } from './fold.ts'
import { loadParkedStreams } from './parked-events.ts'
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

/** Live there are never so many; far behind, the fewer commits, the sooner it is there. */
/** The error that was shown is mended. */
const noError = { lastError: null, lastErrorEventId: null, lastErrorPosition: null, lastErrorStream: null }

const batchCountMax = 5_000
const cachedRowsMax = 50_000

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
  const broken = createDeferred<never>()
  broken.promise.catch(() => undefined)
  report({ state: 'catching-up', position, incarnation, eventCount, parkedCount })

  const turns = createTurns()
  const onBatch = (events: readonly RecordedEvent[], upTo: Position): Promise<void> =>
    turns.take(async () => {
      if (events.length > 0) await commitPlan(commit, code.plan(events), upTo)
      report({ position: upTo })
    })

  const commit: Commit = async (plan, to) => {
    const move = { from: position, to, incarnation, epoch }
    const isParked = (stream: string): boolean => parkedStreams.has(stream)
    const folded = await commitBatch({ sql, definition, shapes, plan, move, cache, isParked })
    position = to
    await announce({ incarnation, version: definition.version, from: move.from, to }, folded.changes)
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
  const announce = async (mark: ChangeMark, rows: FoldedBatch['changes'], follows?: ReadModelLife): Promise<void> => {
    await announced
    announced = changes.announce(mark, rows, follows).then(
      () => undefined,
      (error: unknown) => {
        throw toAnnounceError(error)
      },
    )
    announced.catch(broken.reject)
  }

  const noteParked = (folded: FoldedBatch): void => {
    for (const { event, words } of folded.parked) {
      parkedStreams.set(event.stream, (parkedStreams.get(event.stream) ?? 0) + 1)
      parkedCount++
      log.error(`event ${event.id} (${event.type} at ${event.position} in ${event.stream}) is parked: ${words}`)
      report({
        lastError: `${event.type} in ${event.stream}: ${words}`,
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
    if (committed.incarnation === incarnation) return committed.changes
    const { version } = definition
    const follows = { incarnation, version }
    incarnation = committed.incarnation
    await announce({ incarnation, version, from: position, to: position }, committed.changes, follows)
    report({ incarnation, lastCommitAt: clock.now() })
    return committed.changes
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

  const feed = store.follow({
    after: checkpoint.position,
    filter: projectionFilter(definition),
    batchCountMax,
    onBatch,
    onLive: (isLive) => report({ state: isLive ? 'live' : 'catching-up' }),
  })
  const finished = Promise.race([feed.finished.then(() => announced), broken.promise])
  finished.catch(() => undefined)

  return {
    finished,
    inTurn: (work) => turns.take(() => work(turnNow())),
    stop: async () => {
      await feed.stop()
      await turns.end()
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
