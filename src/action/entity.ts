import type { RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { upcastEvent } from '#event-store/upcast.ts'
import type { JsonObject } from '#kernel/json.ts'
import { canonicalJson, isJsonObject } from '#kernel/json.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Outcome } from './action-request.ts'
import type { Decider } from './decider.ts'
import { createForgottenIds, type ForgottenIds } from './forgotten-ids.ts'
import { hashText } from './hash-text.ts'
import { type RefusalData, refusalType } from './refusal.ts'

/**
 * How many outcomes an entity remembers; older ones are looked up elsewhere. More than a connection has under way, and few
 * enough that thousands of busy entities are no burden for whoever collects garbage.
 */
export const outcomesRememberedMax = 300
const forgottenIdsMax = 100_000

/**
 * One entity, folded: its state, where its two streams end, and what became of its latest actions.
 * It changes only by what is in the log already: a batch is decided beside it and taken in after its append.
 */
export type Entity = {
  state: unknown
  /** Last revision of the entity's stream and of its refusals; -1 when the stream does not exist. */
  revision: number
  refusalsRevision: number
  readonly outcomes: Map<string, Outcome>
  /** Actions whose outcome was remembered once. */
  readonly forgotten: ForgottenIds
}

export function newEntity(decider: Decider<unknown> | undefined): Entity {
  return {
    state: decider?.initialState(),
    revision: -1,
    refusalsRevision: -1,
    outcomes: new Map(),
    forgotten: createForgottenIds(forgottenIdsMax),
  }
}

export function remember(entity: Entity, actionId: string, outcome: Outcome): void {
  entity.outcomes.set(actionId, outcome)
  if (entity.outcomes.size <= outcomesRememberedMax) return
  const oldest = entity.outcomes.keys().next().value
  if (oldest === undefined) return
  entity.outcomes.delete(oldest)
  entity.forgotten.add(oldest)
}

/** Whether the action was answered for good, as far as the entity can tell. */
export function hasRun(entity: Entity, actionId: string): boolean | 'unknown' {
  return entity.outcomes.has(actionId) || entity.forgotten.has(actionId)
}

export function evolve(decider: Decider<unknown> | undefined, state: unknown, type: string, data: JsonObject): unknown {
  const evolveCase = decider?.evolve.find((candidate) => candidate.type === type)
  return evolveCase ? evolveCase.evolve(state, data) : state
}

/** Takes one event of the entity's own stream. An action's answer points behind its last fact. */
export function foldRecorded(decider: Decider<unknown> | undefined, entity: Entity, event: RecordedEvent): void {
  entity.state = evolve(decider, entity.state, event.type, upcastEvent(event).data)
  entity.revision = event.revision
  const { actionId, changed } = parseMetadata(event.metadata)
  if (actionId === undefined) return
  const answer = accepted(event.position, changed)
  if (actionId === event.id) {
    const bodyHash = hashText(`${event.type} ${canonicalJson(event.data)}`)
    return remember(entity, actionId, { bodyHash, answer })
  }
  const known = entity.outcomes.get(actionId)
  if (known) entity.outcomes.set(actionId, { ...known, answer })
}

export function accepted(position: string, changed: string | undefined): Answer {
  return { outcome: 'accepted', position, ...(changed && { changed }) }
}

/**
 * Takes one event of the entity's refusals stream, after all of its own: should two leaders have answered the same
 * action differently, what took effect is the truth.
 */
export function foldRefusal(entity: Entity, event: RecordedEvent): void {
  entity.refusalsRevision = event.revision
  const { actionId = event.id } = parseMetadata(event.metadata)
  if (event.type !== refusalType || hasRun(entity, actionId) === true) return
  const { action, data, kind, words } = event.data as RefusalData
  const body = isJsonObject(data) ? data : {}
  const bodyHash = hashText(`${action} ${canonicalJson(body)}`)
  remember(entity, actionId, { bodyHash, answer: { outcome: 'rejected', kind, words, position: event.position } })
}
