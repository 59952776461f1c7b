import type { EventFilter, RecordedEvent } from '#event-store/event-store.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import { type ChangeStream, openChangeStream } from './change-stream.ts'
import type { Checkpoint } from './checkpoint.ts'
import { commitBatch } from './commit-batch.ts'
import { type ProjectionDefinition, projectionId } from './define-projection.ts'
import { type FoldedBatch, type PlannedEvent, planBatch, type ReadEvent } from './fold.ts'
import { renewIncarnation } from './open-read-model.ts'
import { loadParkedStreams } from './parked-events.ts'
import { toProjectedEvent, withData } from './projected-event.ts'
import type { ProjectorOptions } from './projector.ts'
import type { ProjectorStatus } from './projector-status.ts'
import { createRowCache } from './row-cache.ts'
import { shapesOf } from './table-shape.ts'

/** One run of a projector, from a checkpoint until it is stopped or something breaks. */
export interface ProjectorRun {
  /** Resolves after `stop`; rejects with what broke. */
  readonly finished: Promise<void>
  stop(): Promise<void>
}

const batchCountMax = 2_000
const cachedRowsMax = 50_000

export async function startProjectorRun(
  options: ProjectorOptions & {
    readonly checkpoint: Checkpoint
    readonly mustResync: boolean
    readonly report: (change: Partial<ProjectorStatus>) => void
    /** Called after each commit: the run is worth its start. */
    readonly isProgress: () => void
  },
): Promise<ProjectorRun> {
  const { definition, store, sql, clock, log, epoch, report, checkpoint } = options
  const shapes = shapesOf(definition.model.tables)
  const cache = createRowCache(cachedRowsMax)
  const changes = await openChangeStream({
    store,
    plugin: definition.plugin,
    projection: definition.name,
    selectorFields: options.selectorFields,
  })
  const incarnation = await reconcile(options, changes)
  const parkedStreams = await loadParkedStreams(sql, projectionId(definition))
  let position: Position = checkpoint.position
  let eventCount = checkpoint.eventCount
  let parkedCount = [...parkedStreams.values()].reduce((sum, count) => sum + count, 0)
  let announced: Promise<void> = Promise.resolve()
  const broken = createDeferred<never>()
  report({ state: 'catching-up', position, incarnation, eventCount, parkedCount })

  const onBatch = async (events: readonly RecordedEvent[], upTo: Position): Promise<void> => {
    if (events.length > 0) await commitAll(planBatch(definition, shapes, events.map(toReadEvent)), upTo)
    report({ position: upTo })
  }

  /** Commits a plan; one that Postgres refuses for its data is halved until the guilty event parks alone. */
  const commitAll = async (plan: readonly PlannedEvent[], to: Position): Promise<void> => {
    const move = { from: position, to, incarnation, epoch }
    let folded: FoldedBatch
    try {
      folded = await commitBatch({
        sql,
        definition,
        shapes,
        plan,
        move,
        cache,
        isParked: (stream) => parkedStreams.has(stream),
      })
    } catch (error) {
      if (!isDataError(error)) throw error
      const [first] = plan
      if (plan.length === 1 && first)
        return commitAll([{ ...first, operations: [], failure: describeError(error) }], to)
      const middle = Math.ceil(plan.length / 2)
      const until = plan[middle - 1]?.event.position ?? to
      await commitAll(plan.slice(0, middle), until)
      return commitAll(plan.slice(middle), to)
    }
    position = to
    await announce(move, folded)
    eventCount += plan.length
    noteParked(folded)
    options.isProgress()
    report({
      position,
      eventCount,
      parkedCount,
      lastCommitAt: clock.now(),
      lastEventAt: plan.at(-1)?.event.recordedAt ?? null,
    })
  }

  /** At most one announcement is under way while the next batch commits: in order, and bounded. */
  const announce = async (move: { from: Position; to: Position }, folded: FoldedBatch): Promise<void> => {
    await announced
    announced = changes.announce(
      { incarnation, version: definition.version, from: move.from, to: move.to },
      folded.changes,
    )
    announced.catch((error) => broken.reject(toLeadershipError(error)))
  }

  const noteParked = (folded: FoldedBatch): void => {
    for (const { event, words } of folded.parked) {
      parkedStreams.set(event.stream, (parkedStreams.get(event.stream) ?? 0) + 1)
      parkedCount++
      log.error(`event ${event.id} (${event.type} at ${event.position} in ${event.stream}) is parked: ${words}`)
      report({ lastError: `${event.type} in ${event.stream}: ${words}` })
    }
  }

  const feed = store.follow({
    after: checkpoint.position,
    filter: filterOf(definition),
    batchCountMax,
    onBatch,
    onLive: (isLive) => report({ state: isLive ? 'live' : 'catching-up' }),
  })
  const finished = Promise.race([feed.finished.then(() => announced), broken.promise])
  finished.catch(() => undefined)

  return {
    finished,
    stop: async () => {
      await feed.stop()
      await announced
    },
  }
}

/**
 * Compares what was committed with what was announced: a crash between the two, or a restored backup of either, leaves
 * a difference. Then, or after a reset, watchers are told to look again, under a new incarnation.
 */
async function reconcile(
  options: ProjectorOptions & { readonly checkpoint: Checkpoint; readonly mustResync: boolean },
  changes: ChangeStream,
): Promise<string> {
  const { checkpoint, definition, log } = options
  const last = changes.last()
  const agrees = last?.incarnation === checkpoint.incarnation && last.to === checkpoint.position
  if (agrees && !options.mustResync) return checkpoint.incarnation
  if (!options.mustResync && last)
    log.info('committed and announced differ: watchers will look again', {
      committed: checkpoint.position,
      announced: last?.to,
    })
  const incarnation = await renewIncarnation(options)
  const mark = { incarnation, version: definition.version, from: checkpoint.position, to: checkpoint.position }
  await changes.announceResync(mark)
  return incarnation
}

/** An event that cannot be read parks like one that cannot be projected. */
function toReadEvent(recorded: RecordedEvent): ReadEvent {
  try {
    return { event: toProjectedEvent(recorded) }
  } catch (error) {
    return { event: withData(recorded, {}), failure: describeError(error) }
  }
}

function filterOf(definition: ProjectionDefinition): EventFilter {
  const types = definition.on.map((entry) => entry.type)
  if (types.includes('*')) return { on: 'stream', regex: '^(?!changes-|jobs-|\\$|peek\\.)' }
  return { on: 'type', prefixes: types }
}

/** Classes 22 (data), 23 (constraint) and 54 (limits): the event is at fault, not the connection. */
function isDataError(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause)
    if ('code' in current && typeof current.code === 'string' && /^(22|23|54)...$/.test(current.code)) return true
  return false
}

function toLeadershipError(error: unknown): unknown {
  if (!isPlatformError(error, 'revision-conflict')) return error
  return Object.assign(error, { message: `Somebody else announces the changes of this read model: ${error.message}` })
}
