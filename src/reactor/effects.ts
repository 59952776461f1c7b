import type { ActionCause } from '#action/action-request.ts'
import type { ActionDefinition } from '#action/define-action.ts'
import type { RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import type { JobDefinition } from '#job/define-job.ts'
import type { SubmitOptions, SubmittedJob } from '#job/jobs.ts'
import type { JsonObject } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import { effectKey } from './effect-key.ts'

/** What a reactor's handler is given to do its work with. Plain code may call out as it likes, with a key. */
export interface Effects {
  /**
   * A uuid that is the same whenever this reactor is given this event: for whoever is called, so that a repeat counts
   * once there. An event with several effects names each: `idempotencyKey('mail')`.
   */
  idempotencyKey(effect?: string): string
  /**
   * Pushes a further action. Its id comes from the event, so that a repeat takes effect once (E2); its cause in the log is
   * the event. A rejection is an answer like another; when no answer is to be had, it throws, and the event is tried again.
   */
  push<F extends Fields>(action: ActionDefinition<F>, fields: FieldValues<F>): Promise<Pushed>
  /**
   * Submits a job. Where it has no key of its own, its key comes from the event, so that a repeat is the same job. What the
   * handler need not wait for it leaves to the job: the event is done when the job is recorded.
   */
  submitJob<I extends Fields, O extends Fields>(
    job: JobDefinition<I, O>,
    input: FieldValues<I>,
    options?: Omit<SubmitOptions, 'by'>,
  ): Promise<SubmittedJob<FieldValues<O>>>
  /** Aborted when the time for this try is over, or this process stops leading: give it to `fetch` and the like. */
  readonly signal: AbortSignal
  /** 1 for the first. */
  readonly tryNumber: number
  readonly log: Log
}

export type Pushed = Exclude<Answer, { outcome: 'failed' }>

/** An action as the runner of actions takes it from a reactor. */
export type PushedAction = {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly fields: JsonObject
  readonly cause: ActionCause
}

export type PushAction = (reactor: string, action: PushedAction) => Promise<Answer>

export type SubmitFromReactor = <I extends Fields, O extends Fields>(
  reactor: string,
  submitted: {
    readonly job: JobDefinition<I, O>
    readonly input: FieldValues<I>
    readonly options: SubmitOptions
    readonly cause: ActionCause
  },
) => Promise<SubmittedJob<FieldValues<O>>>

/** Reactors that react to each other's actions would fill the log for ever. */
export const causeDepthMax = 50

export function createEffects(options: {
  reactor: string
  event: RecordedEvent
  tryNumber: number
  signal: AbortSignal
  push: PushAction
  submit?: SubmitFromReactor | undefined
  log: Log
}): Effects {
  const { reactor, event, tryNumber, signal, log } = options
  const cause = causeOf(event)
  const pushedCounts = new Map<string, number>()
  const submittedCounts = new Map<string, number>()

  return {
    signal,
    tryNumber,
    log,
    idempotencyKey: (effect = '') => effectKey(reactor, event.id, effect),
    push: async (action, fields) => {
      signal.throwIfAborted()
      if (cause.depth > causeDepthMax) throw tooDeep(reactor, event, action.name)
      const ordinal = pushedCounts.get(action.name) ?? 0
      pushedCounts.set(action.name, ordinal + 1)
      const id = effectKey(reactor, event.id, `push ${action.name} ${ordinal}`)
      const { name, version } = action
      const answer = await options.push(reactor, { id, name, version, fields: fields as JsonObject, cause })
      if (answer.outcome === 'failed') throw new PlatformError('unavailable', `${name} was not taken: ${answer.words}`)
      return answer
    },
    submitJob: async (job, input, given = {}) => {
      signal.throwIfAborted()
      if (!options.submit) throw new PlatformError('unavailable', `Nobody takes the job ${job.name} here.`)
      if (cause.depth > causeDepthMax) throw tooDeep(reactor, event, job.name)
      const ordinal = submittedCounts.get(job.name) ?? 0
      submittedCounts.set(job.name, ordinal + 1)
      const key = given.key ?? job.key(input) ?? effectKey(reactor, event.id, `submit ${job.name} ${ordinal}`)
      return options.submit(reactor, { job, input, options: { ...given, key }, cause })
    },
  }
}

function causeOf(event: RecordedEvent): ActionCause {
  const { correlationId, actionId, causeDepth = 0 } = parseMetadata(event.metadata)
  return { eventId: event.id, correlationId: correlationId ?? actionId ?? event.id, depth: causeDepth + 1 }
}

function tooDeep(reactor: string, event: RecordedEvent, action: string): PlatformError {
  return new PlatformError(
    'too-many',
    `${reactor} may not push ${action}: ${event.type} in ${event.stream} is the end of ${causeDepthMax} actions that were each ` +
      'pushed because of the one before. Make the reactors stop answering each other.',
    { facts: { reactor, event: event.id } },
  )
}
