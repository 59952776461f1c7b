import type { RecordedEvent } from '#event-store/event-store.ts'
import { toMetadata } from '#event-store/metadata.ts'
import { jobIdOf } from '#job/job-id.ts'
import { newUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import { canonicalJson } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import { toPosition } from '#kernel/position.ts'
import { toReadEvent } from '#projection/projected-event.ts'
import { type ReactorDefinition, reactorId } from '#reactor/define-reactor.ts'
import { effectKey } from '#reactor/effect-key.ts'
import {
  createEffects,
  type PushAction,
  type PushedAction as Pushed,
  type SubmitFromReactor,
} from '#reactor/effects.ts'
import { deepFreeze, type PriorEvent, type PushedAction, showJson } from './happened.ts'
import { streamOf } from './projection-spec.ts'

/**
 * A spec of a reactor:
 *
 *     await reactorSpec(largeChanges)
 *       .given(happened(AddIntValue, { … }))
 *       .thenEffects(action(AddStringInt, { … }))
 *
 * Each event is given to it twice, as after a crash: a repeat that pushes something else than the first time, or under
 * another id, would take effect twice in production, and fails here. What it does besides pushing is the author's to watch: pass
 * the function that calls out, and look at what it was given.
 */
export function reactorSpec(
  reactor: ReactorDefinition,
  options: { readonly answer?: (action: PushedAction['fields']) => Awaited<ReturnType<PushAction>> } = {},
) {
  return {
    given: (...events: readonly PriorEvent[]): ReactedSpec => ({
      thenEffects: async (...wanted) => {
        const recorded = record(events)
        const found = await reactTo(reactor, recorded, options.answer)
        const keyOf: KeyOf = (event, effect = '') =>
          effectKey(reactorId(reactor), recordedOf(events, recorded, event).id, effect)
        const actions = wanted.map((one) => (typeof one === 'function' ? one(keyOf) : one))
        const [left, right] = [found.map(nameAndFields), actions.map(toNameAndFields)]
        if (canonicalJson(left) !== canonicalJson(right))
          throw new Error(`It pushed other actions.\nFound: ${showJson(left)}\nWanted: ${showJson(right)}`)
      },
      thenFails: async (words) => {
        const failure = await reactTo(reactor, record(events), options.answer).then(
          () => undefined,
          (error: unknown) => error,
        )
        const found = failure instanceof Error ? failure.message : undefined
        if (found === undefined) throw new Error(`It did not fail, wanted "${words}".`)
        if (!found.includes(words)) throw new Error(`It failed with "${found}", wanted "${words}".`)
      },
    }),
  }
}

export interface ReactedSpec {
  /** It pushed exactly these actions, and submitted these jobs (`submitted`), in this order; one with an idempotency key among its fields is made from that. */
  thenEffects(...actions: readonly (PushedAction | ((keyOf: KeyOf) => PushedAction))[]): Promise<void>
  /** It threw, in words that hold these: on the platform the event is tried again. */
  thenFails(words: string): Promise<void>
}

/** The idempotency key that an event of the spec has at the reactor. */
export type KeyOf = (event: PriorEvent, effect?: string) => string

async function reactTo(
  reactor: ReactorDefinition,
  events: readonly RecordedEvent[],
  answer: (fields: JsonObject) => Awaited<ReturnType<PushAction>> = () => ({ outcome: 'accepted', position: '' }),
): Promise<readonly Pushed[]> {
  const pushed: Pushed[] = []
  for (const event of events) {
    const first = await reactOnce(reactor, event, 1, answer)
    const again = await reactOnce(reactor, event, 2, answer)
    if (canonicalJson(toJson(first)) !== canonicalJson(toJson(again)))
      throw new Error(
        `Given ${event.type} again, it pushed something else: the repeat would take effect too.\n` +
          `First: ${showJson(first)}\nAgain: ${showJson(again)}`,
      )
    pushed.push(...first)
  }
  return pushed
}

async function reactOnce(
  reactor: ReactorDefinition,
  event: RecordedEvent,
  tryNumber: number,
  answer: (fields: JsonObject) => Awaited<ReturnType<PushAction>>,
): Promise<Pushed[]> {
  const pushed: Pushed[] = []
  const entry = reactor.on.find(({ type }) => type === event.type)
  const push: PushAction = async (_, action) => {
    pushed.push(action)
    return answer(action.fields)
  }
  /** As an action, under the id that its key gives it: a repeat with another one would be a second job. */
  const submit: SubmitFromReactor = async (_, { job, input, options, cause }) => {
    const id = jobIdOf(job.name, options.key)
    pushed.push({ id, name: job.name, version: 1, fields: input as JsonObject, cause })
    return { jobId: id, isNew: true, result: () => Promise.reject(new Error('nobody carries out jobs in a spec')) }
  }
  const { signal } = new AbortController()
  const effects = createEffects({ reactor: reactorId(reactor), event, tryNumber, signal, push, submit, log: silentLog })
  await entry?.react(toReadEvent(event, (one) => one).event, effects)
  return pushed
}

function record(events: readonly PriorEvent[]): RecordedEvent[] {
  let stream = 'test.Thing-1'
  return events.map((prior, index) => {
    stream = streamOf(prior) ?? stream
    return toRecorded(prior, stream, index)
  })
}

function recordedOf(
  events: readonly PriorEvent[],
  recorded: readonly RecordedEvent[],
  event: PriorEvent,
): RecordedEvent {
  const found = recorded[events.indexOf(event)]
  if (!found)
    throw new Error(`${event.definition.name} was not given to the reactor: name one of the events of the spec.`)
  return found
}

function toRecorded({ definition, data, by, at }: PriorEvent, stream: string, index: number): RecordedEvent {
  const id = newUuid()
  const metadata = toMetadata({
    actionId: id,
    correlationId: id,
    causationId: id,
    user: by.user,
    device: by.device,
    service: by.service,
    plugin: stream.slice(0, stream.indexOf('.')),
    pluginVersion: '',
    schemaVersion: definition.version,
    occurredAt: at,
    recordedAt: at,
  })
  const position = toPosition(BigInt(index + 1), BigInt(index + 1))
  return {
    id,
    type: definition.name,
    data: deepFreeze(data),
    metadata,
    stream,
    revision: index,
    position,
    storedAt: at,
  }
}

function nameAndFields({ name, fields }: Pushed): JsonObject {
  return { name, fields }
}
function toNameAndFields({ definition, fields }: PushedAction): JsonObject {
  return { name: definition.name, fields }
}
function toJson(pushed: readonly Pushed[]): JsonObject[] {
  return pushed.map(({ id, name, fields }) => ({ id, name, fields }))
}
