import { newUuid } from '#kernel/ids.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { type Checkpoint, findCheckpoint } from '#projection/checkpoint.ts'
import { projectionId } from '#projection/define-projection.ts'
import { newRebuild, type RebuildRecord } from '#projection/rebuild/rebuild-machine.ts'
import { isOver, type RebuildRequest, type RebuildState } from '#projection/rebuild/rebuild-state.ts'
import { alreadyRunning, insertRebuild } from '#projection/rebuild/rebuild-table.ts'
import { dropShadowTablesIn } from '#projection/rebuild/swap-schemas.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { createStopSignal } from '../../stop-signal.ts'
import { findKeptTables, type RebuildableProjection } from './kept-tables.ts'
import { toDecision } from './rebuild-decisions.ts'
import type { RebuildWorkOptions } from './rebuild-work.ts'
import type { RebuildsHere } from './rebuilds-here.ts'

/** Begins rebuilds: when somebody asks, and by itself where the live rows are not those of the loaded code. */
export interface RebuildStarter {
  start(request: RebuildRequest, projection: RebuildableProjection): Promise<RebuildState>
  /** Once in a leadership: one that ended in failure is not begun again and again. */
  startOutdated(projection: RebuildableProjection, live: Checkpoint): Promise<void>
  /** Does `work` while nothing of this projection is rebuilt, nor begins to be. Throws `already-running` otherwise. */
  alone<T>(projection: string, work: () => Promise<T>): Promise<T>
  stop(): void
}

const startAgainMs = 1_000

export function createRebuildStarter(options: RebuildWorkOptions, here: RebuildsHere): RebuildStarter {
  const { sql, epoch, clock, log, record } = options
  const signal = createStopSignal(clock)
  const starting = new Set<string>()
  const startedByItself = new Set<string>()

  const alone: RebuildStarter['alone'] = async (projection, work) => {
    await here.ready
    // Whoever sees that one is done may ask for the next thing at once.
    await here.cleared(projection)
    if (here.isBusy(projection) || starting.has(projection)) throw alreadyRunning(projection)
    starting.add(projection)
    try {
      return await work()
    } finally {
      starting.delete(projection)
    }
  }

  const start = (request: RebuildRequest, found: RebuildableProjection, id = newUuid()): Promise<RebuildState> =>
    alone(request.projection, async () => {
      const versions = await findVersions(request, found)
      const fresh = newRebuild(request, { ...versions, id, now: clock.now() })
      const { by, reason, asksFirst, rateMax } = request
      await record({ ...toDecision('Requested', fresh.state, by, { reason, asksFirst, rateMax }), id })
      await save(fresh, found)
      // It is saved: the next leader begins with it.
      if (!signal.isStopped) here.run(fresh)
      return fresh.state
    })

  /** With nothing left of a shadow from before, which may be of another leader's rebuild: then that one goes on. */
  const save = (fresh: RebuildRecord, { definition }: RebuildableProjection): Promise<void> =>
    inTransaction(sql, async (tx) => {
      const { projection, kind } = fresh.state
      await insertRebuild(tx, fresh, epoch)
      if (kind === 'rebuild') await dropShadowTablesIn(tx, projection, definition.model.schemaName)
    })

  const findVersions = async ({ kind, projection }: RebuildRequest, found: RebuildableProjection) => {
    const live = await findCheckpoint(sql, found.definition.model.schemaName)
    if (!live)
      throw new PlatformError('unavailable', `The read model of ${projection} is being made: try again shortly.`)
    const fromVersion = live.version
    if (kind === 'rebuild') return { fromVersion, toVersion: found.definition.version }
    const kept = await findKeptTables(sql, found)
    if (!kept)
      throw new PlatformError('not-found', `No earlier tables of ${projection} are kept: nothing to return to.`)
    if (kept.obstacle !== null) throw new PlatformError('bad-input', kept.obstacle)
    return { fromVersion, toVersion: kept.version }
  }

  const isUnderWay = (projection: string): boolean =>
    here.list().some((state) => state.projection === projection && !isOver(state.phase))

  const startOutdated: RebuildStarter['startOutdated'] = async (found, live) => {
    await here.ready
    const projection = projectionId(found.definition)
    if (here.pins().get(projection) === live.version)
      return log.info(`${projection} stays at version ${live.version}, to which somebody returned`)
    if (startedByItself.has(projection)) return
    startedByItself.add(projection)
    const { version } = found.definition
    const reason =
      version === live.version
        ? `The tables of version ${version} are defined differently now.`
        : `Version ${version} is loaded, and the rows are of version ${live.version}.`
    const request = { kind: 'rebuild', projection, by: 'peek', reason, asksFirst: false, rateMax: null } as const
    // However often it is tried: said once.
    const id = newUuid()
    while (!signal.isStopped)
      try {
        await start(request, found, id)
        return
      } catch (error) {
        const isRunning = isPlatformError(error, 'already-running')
        if (isRunning && isUnderWay(projection)) return
        // One that is over, as an overtaken one, still clears its shadow away.
        if (!isRunning) log.warning(`the rebuild of ${projection} does not begin yet: ${describeError(error)}`)
        await signal.pause(startAgainMs)
      }
  }

  return { start: (request, found) => start(request, found), startOutdated, alone, stop: signal.stop }
}
