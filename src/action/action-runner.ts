import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { WireErrorKind } from '#vortex/protocol/wire-error.ts'
import type { ActionRegistry } from './action-registry.ts'
import type { ActionRequest, PastOutcomes } from './action-request.ts'
import { type CheckedAction, checkAction } from './checked-action.ts'
import { commitBatch } from './commit-batch.ts'
import { decideBatch } from './decide-batch.ts'
import { createEntityCache } from './entity-cache.ts'

/**
 * Runs actions: check, load the entity, look the id up, decide, append, answer.
 *
 * Promises: one entity's actions take effect in the order they came (E3); actions that wait for the same entity share
 * one append; the same id never takes effect twice (E2); an answer `accepted` or `rejected` is durable (E4).
 * `run` never rejects: what went wrong is a `failed` answer, which asks for the same action again.
 */
export interface ActionRunner {
  run(request: ActionRequest): Promise<Answer>
  /** Takes no more; resolves when every action under way is answered. */
  drain(): Promise<void>
  stats(): { readonly waiting: number; readonly entities: number }
}

export type ActionRunnerOptions = {
  readonly registry: ActionRegistry
  readonly store: EventStore
  readonly past: PastOutcomes
  readonly clock: Clock
  readonly log: Log
  readonly pluginVersion?: (plugin: string) => string
  readonly limits?: Partial<typeof runnerLimits>
}

/** Bounds: actions waiting in all, actions in one append, folded entities kept, tries after a conflict. */
export const runnerLimits = { waitingMax: 20_000, batchCountMax: 100, entityCountMax: 10_000, conflictTriesMax: 20 }

type Waiting = { readonly checked: CheckedAction; readonly answer: Deferred<Answer> }
type Lane = { readonly queue: Waiting[]; isRunning: boolean }

export function createActionRunner(options: ActionRunnerOptions): ActionRunner {
  const { registry, store, past, clock, log } = options
  const limits = { ...runnerLimits, ...options.limits }
  const cache = createEntityCache({ store, countMax: limits.entityCountMax })
  const lanes = new Map<string, Lane>()
  let waiting = 0
  let isDraining = false
  let idle: Deferred<void> | undefined

  const run = (request: ActionRequest): Promise<Answer> => {
    if (isDraining) return Promise.resolve(failed('unavailable', 'The platform is stopping; send the action again.'))
    if (waiting >= limits.waitingMax)
      return Promise.resolve(
        failed('too-many', `${waiting} actions are waiting, which is the most; send again shortly.`),
      )
    const checked = checkAction(registry, request)
    const entry: Waiting = { checked, answer: createDeferred<Answer>() }
    waiting++
    const lane = lanes.get(checked.stream) ?? { queue: [], isRunning: false }
    lanes.set(checked.stream, lane)
    lane.queue.push(entry)
    if (!lane.isRunning) void runLane(checked.stream, lane)
    return entry.answer.promise
  }

  const runLane = async (stream: string, lane: Lane): Promise<void> => {
    lane.isRunning = true
    while (lane.queue.length > 0) {
      const batch = takeBatch(lane.queue, limits.batchCountMax)
      const answers = await answerBatch(
        stream,
        batch.map((entry) => entry.checked),
      )
      for (const [index, entry] of batch.entries())
        entry.answer.resolve(answers[index] ?? failed('internal', 'The action got no answer.'))
      waiting -= batch.length
    }
    lane.isRunning = false
    lanes.delete(stream)
    if (waiting === 0) idle?.resolve()
  }

  const answerBatch = async (stream: string, batch: readonly CheckedAction[]): Promise<Answer[]> => {
    for (let tryCount = 0; tryCount < limits.conflictTriesMax; tryCount++) {
      try {
        const decider = batch.find((checked) => checked.verdict.action)?.verdict.action?.decider
        const entity = await cache.load(stream, decider)
        const decided = await decideBatch({ entity, decider, batch, past, cache, log })
        const answers = await commitBatch({
          store,
          stream,
          entity,
          decided,
          clock,
          pluginVersion: options.pluginVersion,
        })
        cache.keep(
          stream,
          entity,
          batch.map((checked) => checked.request.id),
        )
        return answers
      } catch (error) {
        cache.drop(stream)
        if (isPlatformError(error, 'revision-conflict')) continue
        log.warning(`actions of ${stream} failed: ${describeError(error)}`, {
          actionIds: batch.map((one) => one.request.id),
        })
        return batch.map(() => toFailure(error))
      }
    }
    return batch.map(() => failed('unavailable', `Others keep changing ${stream}; send the action again.`))
  }

  return {
    run,
    stats: () => ({ waiting, entities: cache.size() }),
    drain: async () => {
      isDraining = true
      if (waiting === 0) return
      idle ??= createDeferred()
      await idle.promise
    },
  }
}

/** The store takes 1 MiB in one append; facts come on top of what people sent. */
const batchBodyCharsMax = 300_000

function takeBatch(queue: Waiting[], countMax: number): Waiting[] {
  let size = 0
  const end = queue.findIndex((entry, index) => {
    size += entry.checked.request.body.length
    return index >= countMax || (index > 0 && size > batchBodyCharsMax)
  })
  return queue.splice(0, end < 0 ? queue.length : end)
}

function failed(kind: WireErrorKind, words: string): Answer {
  return { outcome: 'failed', kind, words }
}

/** A failure is never final: the outcome may be unknown, and the same id will find it. */
function toFailure(error: unknown): Answer {
  if (isPlatformError(error, 'timeout'))
    return failed('timeout', 'The event store did not answer in time; send the action again.')
  if (isPlatformError(error, 'too-large')) return failed('too-large', error.message)
  if (isPlatformError(error)) return failed('unavailable', `${error.message} Send the action again.`)
  return failed('internal', 'Something broke while the action ran; it is logged. Send the action again.')
}
