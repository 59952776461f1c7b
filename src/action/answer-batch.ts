import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { WireErrorKind } from '#vortex/protocol/wire-error.ts'
import type { PastOutcomes } from './action-request.ts'
import type { CheckedAction } from './checked-action.ts'
import { commitBatch } from './commit-batch.ts'
import { decideBatch } from './decide-batch.ts'
import type { EntityCache } from './entity-cache.ts'

export type AnswerBatchOptions = {
  readonly store: EventStore
  readonly cache: EntityCache
  readonly past: PastOutcomes
  readonly clock: Clock
  readonly log: Log
  readonly pluginVersion: (plugin: string) => string
  readonly conflictTriesMax: number
}

/**
 * Answers actions of one entity, in their order: load, look up, decide, append; after a conflict once more from the log.
 *
 * Promises: never rejects; a failure answers `failed` and leaves nothing remembered that the log does not hold; what is
 * too large for one append is appended in parts, and an action too large by itself is refused, its neighbours not.
 */
export async function answerBatch(
  options: AnswerBatchOptions,
  stream: string,
  batch: readonly CheckedAction[],
): Promise<Answer[]> {
  const { cache, log, conflictTriesMax } = options
  for (let tryCount = 0; tryCount < conflictTriesMax; tryCount++) {
    try {
      return await tryBatch(options, stream, batch)
    } catch (error) {
      cache.drop(stream)
      if (isPlatformError(error, 'revision-conflict')) continue
      if (isPlatformError(error, 'too-large')) return answerInParts(options, stream, batch)
      log.warning(`actions of ${stream} failed: ${describeError(error)}`, { actionIds: batch.map(idOf) })
      return batch.map(() => toFailure(error))
    }
  }
  return batch.map(() => failed('unavailable', `Others keep changing ${stream}; send the action again.`))
}

async function tryBatch(options: AnswerBatchOptions, stream: string, batch: readonly CheckedAction[]) {
  const { store, cache, past, clock, log, pluginVersion } = options
  const { entity, isCached } = await cache.load(stream, batch[0]?.decider)
  const decided = await decideBatch({ entity, batch, past, cache, log })
  const recording = { recordedAt: clock.now(), pluginVersion }
  const answers = await commitBatch({ store, stream, entity, isCached, decided, recording, doubts: cache })
  cache.keep(stream, entity)
  return answers
}

async function answerInParts(options: AnswerBatchOptions, stream: string, batch: readonly CheckedAction[]) {
  const [only] = batch
  if (batch.length === 1 && only)
    return only.verdict.is === 'sound'
      ? answerBatch(options, stream, [tooLarge(only)])
      : [failed('too-large', 'Not even the refusal of this action fits into the event store.')]
  const middle = Math.ceil(batch.length / 2)
  const first = await answerBatch(options, stream, batch.slice(0, middle))
  return [...first, ...(await answerBatch(options, stream, batch.slice(middle)))]
}

function tooLarge(checked: CheckedAction): CheckedAction {
  const words = `What plugin "${checked.plugin}" records of this action is more than the event store takes at once.`
  return { ...checked, verdict: { is: 'refused', kind: 'too-large', words } }
}

export function failed(kind: WireErrorKind, words: string): Answer {
  return { outcome: 'failed', kind, words }
}

/** A failure is never final: the outcome may be unknown, and the same id will find it. */
function toFailure(error: unknown): Answer {
  if (isPlatformError(error, 'timeout'))
    return failed('timeout', 'The event store did not answer in time; send the action again.')
  if (isPlatformError(error)) return failed('unavailable', `${error.message} Send the action again.`)
  return failed('internal', 'Something broke while the action ran; it is logged. Send the action again.')
}

function idOf(checked: CheckedAction): string {
  return checked.request.id
}
