import type { EventStore } from '#event-store/event-store.ts'
import { backOffMs } from '#kernel/back-off.ts'
import { type Clock, pause } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import { logStart } from '#kernel/position.ts'
import type { Random } from '#kernel/random.ts'
import type { Client } from '#storage/client.ts'
import { type ProjectionDefinition, projectionId } from './define-projection.ts'
import { openReadModel, resetReadModel } from './open-read-model.ts'
import { type ProjectorRun, startProjectorRun } from './projector-run.ts'
import type { ProjectorStatus } from './projector-status.ts'

export type ProjectorOptions = {
  readonly definition: ProjectionDefinition
  readonly store: EventStore
  readonly sql: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The leader's epoch: writes of an earlier leader are refused. */
  readonly epoch: number
  /** Tables that can be watched, each with the columns selectors pick by. */
  readonly selectorFields: { readonly [table: string]: readonly string[] }
  readonly onStatus?: (status: ProjectorStatus) => void
  /** Another leader writes this read model now: this process must stop leading. */
  readonly onLostLeadership?: () => void
}

/**
 * A projection, running: keeps its read model following the log.
 *
 * Promises: each event changes the read model once (P2); every commit is announced in the change stream, in order; what
 * goes wrong is tried again with back-off and shows in the status, and never ends the process.
 */
export interface Projector {
  readonly id: string
  status(): ProjectorStatus
  /** Empties the read model and replays the log; resolves when the replay has begun. */
  reset(): Promise<void>
  stop(): Promise<void>
}

export function startProjector(options: ProjectorOptions): Projector {
  const { definition, clock, random, log } = options
  const id = projectionId(definition)
  let status: ProjectorStatus = {
    id,
    plugin: definition.plugin,
    name: definition.name,
    version: definition.version,
    state: 'starting',
    position: logStart,
    incarnation: '',
    eventCount: 0,
    parkedCount: 0,
    lastError: null,
    lastEventAt: null,
    lastCommitAt: null,
  }
  let run: ProjectorRun | undefined
  let isStopping = false
  let wanted: { readonly kind: 'reset'; readonly begun: ReturnType<typeof createDeferred<void>> } | undefined

  const report = (change: Partial<ProjectorStatus>): void => {
    status = { ...status, ...change }
    options.onStatus?.(status)
  }

  const loop = async (): Promise<void> => {
    for (let attempt = 0; !isStopping; ) {
      const request = wanted
      try {
        const checkpoint = request ? await resetReadModel(options) : await openReadModel({ ...options, log })
        if (request) log.info('the read model was emptied; the log is replayed')
        run = await startProjectorRun({
          ...options,
          checkpoint,
          mustResync: request !== undefined,
          report,
          isProgress: () => (attempt = 0),
        })
        wanted = wanted === request ? undefined : wanted
        request?.begun.resolve()
        if (!wanted && !isStopping) await run.finished
      } catch (error) {
        if (isPlatformError(error, 'lost-leadership')) {
          report({ state: 'stopped', lastError: error.message })
          options.onLostLeadership?.()
          return
        }
        report({ state: 'stalled', lastError: describeError(error) })
        log.warning(`stalled, trying again: ${describeError(error)}`)
        await pause(clock, backOffMs(attempt++, random))
      } finally {
        await run?.stop().catch(() => undefined)
        run = undefined
      }
    }
    report({ state: 'stopped' })
  }
  const finished = loop()

  return {
    id,
    status: () => status,
    reset: async () => {
      const begun = createDeferred<void>()
      wanted = { kind: 'reset', begun }
      report({ state: 'resetting', lastError: null })
      await run?.stop().catch(() => undefined)
      await begun.promise
    },
    stop: async () => {
      isStopping = true
      await run?.stop().catch(() => undefined)
      await finished
    },
  }
}
