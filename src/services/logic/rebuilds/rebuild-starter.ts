import { newUuid } from '#kernel/ids.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { type Checkpoint, findCheckpoint } from '#projection/checkpoint.ts'
import { projectionId } from '#projection/define-projection.ts'
import { newRebuild } from '#projection/rebuild/rebuild-machine.ts'
import { isOver, type RebuildRequest, type RebuildState } from '#projection/rebuild/rebuild-state.ts'
import { alreadyRunning, insertRebuild } from '#projection/rebuild/rebuild-table.ts'
import { dropShadowTables } from '#projection/rebuild/swap-schemas.ts'
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
  isStarting(projection: string): boolean
  stop(): void
}

const startAgainMs = 1_000

export function createRebuildStarter(options: RebuildWorkOptions, here: RebuildsHere): RebuildStarter {
  const { sql, epoch, clock, log, record } = options
  const signal = createStopSignal(clock)
  const starting = new Set<string>()
  const startedByItself = new Set<string>()

  const start: RebuildStarter['start'] = async (request, found) => {
    const { projection } = request
    await here.ready
    if (here.isBusy(projection) || starting.has(projection)) throw alreadyRunning(projection)
    starting.add(projection)
    try {
      const versions = await findVersions(request, found)
      const fresh = newRebuild(request, { ...versions, id: newUuid(), now: clock.now() })
      const { by, reason, asksFirst, rateMax } = request
      await record(toDecision('Requested', fresh.state, by, { reason, asksFirst, rateMax }))
      if (request.kind === 'rebuild') await dropShadowTables(sql, projection, found.definition.model.schemaName)
      await insertRebuild(sql, fresh, epoch)
      // It is saved: the next leader begins with it.
      if (!signal.isStopped) here.run(fresh)
      return fresh.state
    } finally {
      starting.delete(projection)
    }
  }

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
    while (!signal.isStopped)
      try {
        await start(request, found)
        return
      } catch (error) {
        const isRunning = isPlatformError(error, 'already-running')
        if (isRunning && isUnderWay(projection)) return
        // One that is over, as an overtaken one, still clears its shadow away.
        if (!isRunning) log.warning(`the rebuild of ${projection} does not begin yet: ${describeError(error)}`)
        await signal.pause(startAgainMs)
      }
  }

  return { start, startOutdated, isStarting: (projection) => starting.has(projection), stop: signal.stop }
}
