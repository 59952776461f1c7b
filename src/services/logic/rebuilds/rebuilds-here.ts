import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import { projectionId } from '#projection/define-projection.ts'
import { loadPins } from '#projection/rebuild/projection-pins.ts'
import { assertUnderWay, end, type RebuildRecord } from '#projection/rebuild/rebuild-machine.ts'
import { isOver, type RebuildState } from '#projection/rebuild/rebuild-state.ts'
import { markRecorded, saveRebuild, takeOverRebuilds } from '#projection/rebuild/rebuild-table.ts'
import { createStopSignal } from '../../stop-signal.ts'
import type { RebuildableProjection } from './kept-tables.ts'
import { liveLagMs } from './live-load.ts'
import { createRebuildWork, type RebuildWorkOptions } from './rebuild-work.ts'
import { type RunningRebuild, startRunningRebuild } from './running-rebuild.ts'

/**
 * All rebuilds that this leader runs, and those that are over.
 *
 * Promises: what an earlier leader left unfinished goes on (`ready`); `stop` ends the processes and keeps their states.
 */
export interface RebuildsHere {
  /** Resolves when those of earlier leaders are known; never rejects. */
  readonly ready: Promise<void>
  run(record: RebuildRecord): void
  list(): readonly RebuildState[]
  /** Throws `not-found`, and `bad-input` for one that is over. */
  get(id: string): RunningRebuild
  isBusy(projection: string): boolean
  /** Resolves when rebuilds of this projection that are over have cleared up behind themselves, or after a few seconds. */
  cleared(projection: string): Promise<void>
  pins(): ReadonlyMap<string, number>
  stop(): Promise<void>
}

const listedCountMax = 100
const loadEveryMs = 1_000
const takeOverAgainMs = 1_000
/** It takes a moment, unless a store is away. */
const clearMsMax = 5_000

export function createRebuildsHere(
  options: RebuildWorkOptions & {
    readonly projections: ReadonlyMap<string, RebuildableProjection>
    readonly loopDelayMs: () => number
    readonly random: Random
    readonly clock: Clock
    readonly log: Log
    readonly onLostLeadership: () => void
  },
): RebuildsHere {
  const { sql, epoch, clock, log, projections } = options
  const running = new Map<string, RunningRebuild>()
  /** Of those that are over, newest first. */
  let past: readonly RebuildState[] = []
  let pins: ReadonlyMap<string, number> = new Map()
  const signal = createStopSignal(clock)

  const takeOver = async (): Promise<void> => {
    while (!signal.isStopped)
      try {
        pins = await loadPins(sql)
        const found = await takeOverRebuilds(sql, epoch, listedCountMax)
        past = found.flatMap(({ record: { state } }) => (isOver(state.phase) ? [state] : []))
        for (const { record, isRecorded } of found) if (!isRecorded) await goOn(record)
        return
      } catch (error) {
        if (isPlatformError(error, 'lost-leadership')) return options.onLostLeadership()
        log.warning(`rebuilds under way are not known yet: ${describeError(error)}`)
        await signal.pause(takeOverAgainMs)
      }
  }

  /** Towards code that is not loaded any more there is nothing to go on to. */
  const goOn = async (found: RebuildRecord): Promise<void> => {
    const { id, kind, projection, toVersion, phase } = found.state
    if (running.has(id)) return
    const loaded = projections.get(projection)?.definition.version
    const isOvertaken = loaded === undefined || (kind === 'rebuild' && loaded !== toVersion)
    if (isOver(phase) || !isOvertaken) {
      log.info(`the rebuild of ${projection} goes on`, { phase })
      return run({ ...found, wasHeld: true })
    }
    const words = `Version ${toVersion} of ${projection} is not loaded any more: what was built of it is of no use.`
    log.info(words)
    const cancelled = end(found, 'cancelled', clock.now(), words)
    await saveRebuild(sql, cancelled, epoch)
    if (loaded !== undefined) return run(cancelled)
    await markRecorded(sql, id, epoch)
    past = [cancelled.state, ...past]
  }

  const run = (record: RebuildRecord): void => {
    const { id, projection } = record.state
    const of = projections.get(projection)
    if (!of) return log.warning(`${projection} is not loaded: its rebuild waits until it is`)
    const named = log.named(projection)
    const onSwapped = async (): Promise<void> => {
      pins = await loadPins(sql).catch(() => pins)
    }
    const work = createRebuildWork({ ...options, log: named }, of, onSwapped)
    const rebuild = startRunningRebuild({ ...options, record, work, log: named })
    running.set(id, rebuild)
    void rebuild.finished.then(() => {
      const { state } = rebuild.record()
      if (isOver(state.phase)) past = [state, ...past.filter((one) => one.id !== id)].slice(0, listedCountMax)
      running.delete(id)
    })
  }

  const tellLoad = (): void => {
    const projectors = [...projections.values()].flatMap(
      ({ definition }) => options.findProjector(projectionId(definition)) ?? [],
    )
    const load = { lagMs: liveLagMs(projectors, clock.now()), loopDelayMs: options.loopDelayMs() }
    for (const one of running.values()) one.tellLoad(load)
    cancelLoad = clock.after(loadEveryMs, tellLoad)
  }
  let cancelLoad = clock.after(loadEveryMs, tellLoad)
  const ready = takeOver()

  return {
    ready,
    run,
    list: () => {
      const states = [...running.values()].map((one) => one.record().state)
      const ids = new Set(states.map(({ id }) => id))
      return [...states, ...past.filter(({ id }) => !ids.has(id))].sort((a, b) => b.startedAt - a.startedAt)
    },
    get: (id) => {
      const found = running.get(id)
      const state = found?.record().state ?? past.find((one) => one.id === id)
      if (state) assertUnderWay(state)
      if (found) return found
      throw new PlatformError('not-found', `There is no rebuild "${id}": it is long over, or was never started.`)
    },
    isBusy: (projection) => [...running.values()].some((one) => one.record().state.projection === projection),
    cleared: async (projection) => {
      const isClearing = ({ state }: RebuildRecord) => state.projection === projection && isOver(state.phase)
      const clearing = [...running.values()].filter((one) => isClearing(one.record()))
      if (clearing.length === 0) return
      const late = createDeferred<void>()
      const cancel = clock.after(clearMsMax, late.resolve)
      await Promise.race([Promise.all(clearing.map(({ finished }) => finished)), late.promise])
      cancel()
    },
    pins: () => pins,
    stop: async () => {
      signal.stop()
      cancelLoad()
      await ready
      await Promise.all([...running.values()].map((one) => one.stop()))
    },
  }
}
