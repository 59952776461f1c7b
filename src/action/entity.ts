import type { RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { upcastEvent } from '#event-store/upcast.ts'
import type { JsonObject } from '#kernel/json.ts'
import { canonicalJson, isJsonObject } from '#kernel/json.ts'
import type { Outcome } from './action-request.ts'
import type { Decider } from './decider.ts'
import { hashText } from './hash-text.ts'
import { type RefusalData, refusalType } from './refusal.ts'

/** How many outcomes an entity remembers; older ones are looked up elsewhere. */
export const outcomesRememberedMax = 1_000

/**
 * One entity, folded: its state, where its two streams end, and what became of its latest actions.
 * A change is made on a copy (`fork`) and kept only when its append succeeded.
 */
export type Entity = {
  state: unknown
  /** Last revision of the entity's stream and of its refusals; -1 when the stream does not exist. */
  revision: number
  refusalsRevision: number
  readonly outcomes: Map<string, Outcome>
  /** True when older outcomes were dropped, or may have been. */
  hasForgotten: boolean
}

export function newEntity(decider: Decider<unknown> | undefined): Entity {
  return {
    state: decider?.initialState(),
    revision: -1,
    refusalsRevision: -1,
    outcomes: new Map(),
    hasForgotten: false,
  }
}

export function remember(entity: Entity, actionId: string, outcome: Outcome): void {
  entity.outcomes.set(actionId, outcome)
  if (entity.outcomes.size <= outcomesRememberedMax) return
  const oldest = entity.outcomes.keys().next().value
  if (oldest !== undefined) entity.outcomes.delete(oldest)
  entity.hasForgotten = true
}

export function evolve(decider: Decider<unknown> | undefined, state: unknown, type: string, data: JsonObject): unknown {
  const evolveCase = decider?.evolve.find((candidate) => candidate.type === type)
  return evolveCase ? evolveCase.evolve(state, data) : state
}

/** Takes one event of the entity's own stream. */
export function foldRecorded(decider: Decider<unknown> | undefined, entity: Entity, event: RecordedEvent): void {
  entity.state = evolve(decider, entity.state, event.type, upcastEvent(event).data)
  entity.revision = event.revision
  const actionId = parseMetadata(event.metadata).actionId
  if (actionId === event.id) {
    const bodyHash = hashText(`${event.type} ${canonicalJson(event.data)}`)
    remember(entity, actionId, { bodyHash, answer: { outcome: 'accepted', position: event.position } })
  }
}

/** Takes one event of the entity's refusals stream. */
export function foldRefusal(entity: Entity, event: RecordedEvent): void {
  entity.refusalsRevision = event.revision
  if (event.type !== refusalType) return
  const { action, data, kind, words } = event.data as RefusalData
  const body = isJsonObject(data) ? data : {}
  const bodyHash = hashText(`${action} ${canonicalJson(body)}`)
  const answer = { outcome: 'rejected', kind, words, position: event.position } as const
  remember(entity, parseMetadata(event.metadata).actionId ?? event.id, { bodyHash, answer })
}
