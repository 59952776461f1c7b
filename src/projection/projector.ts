import type { EventFilter } from '#event-store/event-store.ts'
import { backOffMs } from '#kernel/back-off.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { projectionId } from './define-projection.ts'
import { openReadModel, resetReadModel } from './open-read-model.ts'
import { projectionFilter } from './projection-filter.ts'
import type { ProjectorOptions } from './projector-options.ts'
import { type ProjectorRun, startProjectorRun } from './projector-run.ts'
import { firstStatus, type ProjectorStatus } from './projector-status.ts'

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
  stop(): Promise<void>
}

export function startProjector(options: ProjectorOptions): Projector {
  const { definition, log } = options
  const id = projectionId(definition)
  let status = firstStatus(definition)
  let run: ProjectorRun | undefined
  let isStopping = false
  let isOver = false
  let wantedReset: Deferred<void> | undefined
  let wake = createDeferred<void>()

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
    run = await startProjectorRun({ ...options, checkpoint, mustResync: reset !== undefined, report, isProgress })
    if (wantedReset === reset) wantedReset = undefined
    reset?.resolve()
    if (!wantedReset && !isStopping) await run.finished
  }

  const loop = async (): Promise<void> => {
    for (let attempt = 0; !isStopping; ) {
      try {
        await runOnce(() => (attempt = 0))
      } catch (error) {
        if (isPlatformError(error, 'lost-leadership')) {
          report({ lastError: error.message, ...aboutNoEvent })
          options.onLostLeadership?.()
          return
        }
        report({ state: 'stalled', lastError: describeError(error), ...aboutNoEvent })
        log.warning(`stalled, trying again: ${describeError(error)}`)
        await pauseUntilWoken(backOffMs(attempt++, options.random))
      } finally {
        await run?.stop().catch(() => undefined)
        run = undefined
      }
    }
  }

  const pauseUntilWoken = async (delayMs: number): Promise<void> => {
    if (isStopping || wantedReset) return
    wake = createDeferred()
    const cancel = options.clock.after(delayMs, wake.resolve)
    await wake.promise
    cancel()
  }

  const finished = loop().finally(() => {
    isOver = true
    report({ state: 'stopped' })
    wantedReset?.reject(stoppedError(id))
  })

  return {
    id,
    filter: projectionFilter(definition),
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
    stop: async () => {
      isStopping = true
      await interrupt()
      await finished
    },
  }
}

const aboutNoEvent = { lastErrorEventId: null, lastErrorPosition: null, lastErrorStream: null }

function stoppedError(id: string): PlatformError {
  return new PlatformError('unavailable', `The projector of ${id} is stopped here: ask the logic that leads.`)
}
