import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { isUuid } from '#kernel/ids.ts'
import type { Log } from '#kernel/log.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { ActionRegistry } from './action-registry.ts'
import type { ActionRequest, PastOutcomes } from './action-request.ts'
import { type AnswerBatchOptions, answerBatch, failed } from './answer-batch.ts'
import { type CheckedAction, checkAction } from './checked-action.ts'
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

/**
 * Bounds: actions waiting in all, actions in one append and their characters (the store takes 1 MiB, and facts come on
 * top of what people sent), folded entities kept, tries after a conflict.
 */
export const runnerLimits = {
  waitingMax: 20_000,
  batchCountMax: 100,
  batchCharsMax: 300_000,
  entityCountMax: 10_000,
  conflictTriesMax: 20,
}

type Waiting = { readonly checked: CheckedAction; readonly answer: Deferred<Answer> }

export function createActionRunner(options: ActionRunnerOptions): ActionRunner {
  const { registry, store, past, clock, log, pluginVersion = () => '' } = options
  const limits = { ...runnerLimits, ...options.limits }
  const cache = createEntityCache({ store, countMax: limits.entityCountMax, clock })
  const { conflictTriesMax } = limits
  const batchOptions: AnswerBatchOptions = { store, cache, past, clock, log, pluginVersion, conflictTriesMax }
  /** The actions that wait for an entity; a lane that is here is running. */
  const lanes = new Map<string, Waiting[]>()
  let waiting = 0
  let isDraining = false
  let idle: Deferred<void> | undefined

  const run = (request: ActionRequest): Promise<Answer> => {
    const failure = refuseAtDoor(request)
    if (failure) return Promise.resolve(failure)
    const checked = checkAction(registry, request)
    cache.claim(request.id, checked.stream)
    const entry: Waiting = { checked, answer: createDeferred<Answer>() }
    waiting++
    const lane = lanes.get(checked.stream)
    if (lane) lane.push(entry)
    else void runLane(checked.stream, [entry])
    return entry.answer.promise
  }

  const refuseAtDoor = ({ id }: ActionRequest): Answer | undefined => {
    if (isDraining) return failed('unavailable', 'The platform is stopping; send the action again.')
    if (waiting >= limits.waitingMax)
      return failed('too-many', `${waiting} actions are waiting, which is the most; send again shortly.`)
    if (!isUuid(id)) return failed('bad-input', `The action's id is "${id}": wanted a uuid in lower case.`)
    return undefined
  }

  const runLane = async (stream: string, lane: Waiting[]): Promise<void> => {
    lanes.set(stream, lane)
    // A device that comes back sends many of one entity in one message: they are all here when this turn is over.
    await undefined
    while (lane.length > 0) {
      const batch = takeBatch(lane, limits)
      const answers = await answerBatch(
        batchOptions,
        stream,
        batch.map((entry) => entry.checked),
      )
      waiting -= batch.length
      for (const [index, entry] of batch.entries())
        entry.answer.resolve(answers[index] ?? failed('internal', 'The action got no answer.'))
    }
    lanes.delete(stream)
    if (waiting === 0) idle?.resolve()
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

function takeBatch(lane: Waiting[], limits: { batchCountMax: number; batchCharsMax: number }): Waiting[] {
  let charCount = 0
  const end = lane.findIndex((entry, index) => {
    charCount += entry.checked.request.body.length
    return index >= limits.batchCountMax || (index > 0 && charCount > limits.batchCharsMax)
  })
  return lane.splice(0, end < 0 ? lane.length : end)
}
