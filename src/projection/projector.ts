import type { EventFilter } from '#event-store/event-store.ts'
import { backOffMs } from '#kernel/back-off.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import type { Checkpoint } from './checkpoint.ts'
import { projectionId } from './define-projection.ts'
import { findFittingCode } from './fitting-code.ts'
import { fits, openReadModel, resetReadModel } from './open-read-model.ts'
import { projectionFilter } from './projection-filter.ts'
import type { ProjectorOptions } from './projector-options.ts'
import { type ProjectorRun, startProjectorRun } from './projector-run.ts'
import { firstStatus, type ProjectorStatus } from './projector-status.ts'
import type { ProjectorTurn } from './projector-turn.ts'

/**
 * A projection, running: keeps its read model following the log.
 *
 * Promises: each event changes the read model once (P2); every commit is announced in the change stream, in order; what
 * goes wrong is tried again with back-off and shows in the status, and never ends the process.
 */
export interface Projector {
  readonly id: string
  /** The events it reads: for whoever counts what is still to come. */
  readonly filter: EventFilter
  status(): ProjectorStatus
  /** Empties the read model and replays the log; resolves when the replay has begun. */
  reset(): Promise<void>
  /**
   * Does `work` while the projector stands still after a commit that is announced, then starts it anew from its
   * checkpoint, whatever became of the tables meanwhile. One at a time; rejects with what `work` throws.
   */
  hold<T>(work: (held: HeldProjector) => Promise<T>): Promise<T>
  /** Does `work` between two batches; the projector goes on right behind it. Refused `unavailable` while it does not run. */
  inTurn<T>(work: (turn: ProjectorTurn) => Promise<T>): Promise<T>
  stop(): Promise<void>
}

/** A projector that stands still. */
export type HeldProjector = {
  /** How far it has looked through the log; its checkpoint is there or before, with nothing for it between. */
  readonly position: Position
  /** Somebody waits for the projector to end. */
  isStopping(): boolean
}

export function startProjector(options: ProjectorOptions): Projector {
  const { definition, log } = options
  const id = projectionId(definition)
  let status = firstStatus(definition)
  let run: ProjectorRun | undefined
  let isStopping = false
  let isOver = false
  let filter = projectionFilter(definition)
  let wantedReset: Deferred<void> | undefined
  let wake = createDeferred<void>()
  /** Waiting for the projector to stand still. */
  const held: HeldWork[] = []

  const report = (change: Partial<ProjectorStatus>): void => {
    status = { ...status, ...change }
    options.onStatus?.(status)
  }

  /** Makes the loop look up: from a run, or from its pause. */
  const interrupt = async (): Promise<void> => {
    wake.resolve()
    await run?.stop().catch(() => undefined)
  }

  const runOnce = async (isProgress: () => void): Promise<void> => {
    const reset = wantedReset
    const checkpoint = reset ? await resetReadModel(options) : await openReadModel(options)
    if (reset) log.info('the read model was emptied; the log is replayed')
    if (!fits(definition, checkpoint)) options.onOutdated?.(checkpoint)
    const code = await findFittingCode(options, checkpoint)
    if ('frozenWords' in code) return standStill(checkpoint, code.frozenWords)
    filter = projectionFilter(code.definition)
    report({ version: checkpoint.version, frozenWords: null })
    run = await startProjectorRun({
      ...options,
      ...code,
      checkpoint,
      mustResync: reset !== undefined,
      report,
      blamedStream: () => status.lastErrorStream,
      isProgress,
    })
    if (wantedReset === reset) wantedReset = undefined
    reset?.resolve()
    if (!wantedReset && !isStopping && held.length === 0) await run.finished
  }

  /** Until somebody interrupts: a rebuild that swaps, a reset, or the end. */
  const standStill = async (checkpoint: Checkpoint, frozenWords: string): Promise<void> => {
    const { version, position, incarnation, eventCount } = checkpoint
    report({ state: 'frozen', version, position, incarnation, eventCount, frozenWords })
    log.warning(frozenWords)
    await untilWoken()
  }

  const loop = async (): Promise<void> => {
    for (let attempt = 0; !isStopping; ) {
      try {
        for (let next = held.shift(); next; next = held.shift())
          await next.run({ position: status.position, isStopping: () => isStopping })
        if (isStopping) return
        await runOnce(() => (attempt = 0))
      } catch (error) {
        if (isPlatformError(error, 'lost-leadership')) {
          report({ lastError: error.message, ...aboutNoEvent })
          options.onLostLeadership?.()
          return
        }
        report({ state: 'stalled', lastError: describeError(error), ...aboutNoEvent })
        log.warning(`stalled, trying again: ${describeError(error)}`)
        await untilWoken(backOffMs(attempt++, options.random))
      } finally {
        await run?.stop().catch(() => undefined)
        run = undefined
      }
    }
  }

  const untilWoken = async (delayMs?: number): Promise<void> => {
    if (isStopping || wantedReset || held.length > 0) return
    wake = createDeferred()
    const cancel = delayMs === undefined ? undefined : options.clock.after(delayMs, wake.resolve)
    await wake.promise
    cancel?.()
  }

  const finished = loop().finally(() => {
    isOver = true
    report({ state: 'stopped' })
    wantedReset?.reject(stoppedError(id))
    for (const { refuse } of held.splice(0)) refuse(stoppedError(id))
  })

  return {
    id,
    get filter() {
      return filter
    },
    status: () => status,
    reset: async () => {
      if (isOver || isStopping) throw stoppedError(id)
      wantedReset ??= createDeferred()
      const begun = wantedReset.promise
      begun.catch(() => undefined)
      report({ state: 'resetting', lastError: null, ...aboutNoEvent })
      await interrupt()
      await begun
    },
    hold: async (work) => {
      if (isOver || isStopping) throw stoppedError(id)
      const asked = toHeldWork(work)
      held.push(asked)
      await interrupt()
      return asked.outcome
    },
    inTurn: async (work) => {
      if (run && !isStopping && !wantedReset) return run.inTurn(work)
      throw new PlatformError(
        'unavailable',
        `The projector of ${id} ${run ? `is ${status.state}` : 'begins anew'} just now: try again when it runs.`,
      )
    },
    stop: async () => {
      isStopping = true
      await interrupt()
      await finished
    },
  }
}

type HeldWork = { run(held: HeldProjector): Promise<void>; refuse(error: PlatformError): void }

/** `run` never rejects: how it went is the outcome of whoever asked. */
function toHeldWork<T>(work: (held: HeldProjector) => Promise<T>): HeldWork & { readonly outcome: Promise<T> } {
  const done = createDeferred<T>()
  done.promise.catch(() => undefined)
  return { outcome: done.promise, refuse: done.reject, run: (held) => work(held).then(done.resolve, done.reject) }
}

const aboutNoEvent = { lastErrorEventId: null, lastErrorPosition: null, lastErrorStream: null }

function stoppedError(id: string): PlatformError {
  return new PlatformError('unavailable', `The projector of ${id} is stopped here: ask the logic that leads.`)
}
