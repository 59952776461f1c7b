import type { EventStore, ExpectedRevision, NewEvent } from '#event-store/event-store.ts'
import { toMetadata } from '#event-store/metadata.ts'
import { refusalsStream } from '#event-store/stream-name.ts'
import type { Clock } from '#kernel/clock.ts'
import { offsetUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { CheckedAction } from './checked-action.ts'
import type { Decided, DecidedBatch } from './decide-batch.ts'
import { type Entity, remember } from './entity.ts'
import { refusalType } from './refusal.ts'

/** The refusal's event id, far from the ids of facts: one action has either facts or a refusal. */
const refusalOrdinal = 0xffff

/**
 * Appends what a batch decided, all accepted actions with their facts in one append and all refusals in another,
 * then takes it into the entity. Answers in the batch's order. Throws what the store throws, the entity unchanged.
 */
export async function commitBatch(options: {
  store: EventStore
  stream: string
  entity: Entity
  decided: DecidedBatch
  clock: Clock
  pluginVersion?: ((plugin: string) => string) | undefined
}): Promise<Answer[]> {
  const { store, stream, entity, decided } = options
  const now = options.clock.now()
  const steps = firstOfEachId(decided.steps)
  const accepted = steps.filter((step) => step.step === 'accept')
  const refused = steps.filter((step) => step.step === 'refuse')
  const events = accepted.flatMap((step) => toEvents(step, now, options.pluginVersion))
  const refusals = refused.map((step) => toRefusal(step, now, options.pluginVersion))

  const [appended, refusedAt] = await Promise.all([
    events.length > 0 ? store.append(stream, events, expect(entity.revision)) : undefined,
    refusals.length > 0 ? store.append(refusalsStream(stream), refusals, expect(entity.refusalsRevision)) : undefined,
  ])
  if (appended) entity.revision = appended.revision
  if (refusedAt) entity.refusalsRevision = refusedAt.revision
  entity.state = decided.state

  const answers = decided.steps.map((step) => toAnswer(step, appended?.position ?? '', refusedAt?.position ?? ''))
  decided.steps.forEach((step, index) => {
    const answer = answers[index]
    const { request, bodyHash } = step.checked
    if (step.step !== 'answer' && answer && !entity.outcomes.has(request.id))
      remember(entity, request.id, { bodyHash, answer })
  })
  return answers
}

function expect(revision: number): ExpectedRevision {
  return revision < 0 ? 'no-stream' : revision
}

function firstOfEachId(steps: readonly Decided[]): Decided[] {
  const seen = new Set<string>()
  return steps.filter((step) => !seen.has(step.checked.request.id) && seen.add(step.checked.request.id))
}

function toAnswer(step: Decided, acceptedAt: string, refusedAt: string): Answer {
  if (step.step === 'answer') return step.answer
  if (step.step === 'accept') return { outcome: 'accepted', position: acceptedAt }
  return { outcome: 'rejected', kind: step.kind, words: step.words, position: refusedAt }
}

function toEvents(
  step: Extract<Decided, { step: 'accept' }>,
  now: number,
  pluginVersion?: (plugin: string) => string,
): NewEvent[] {
  const { request, data } = step.checked
  const action: NewEvent = {
    id: request.id,
    type: request.name,
    data,
    metadata: metadataOf(step.checked, request.version, now, pluginVersion),
  }
  const facts = step.facts.map((fact, index) => ({
    id: offsetUuid(request.id, index + 1),
    type: fact.definition.name,
    data: fact.data,
    metadata: metadataOf(step.checked, fact.definition.version, now, pluginVersion),
  }))
  return [action, ...facts]
}

function toRefusal(
  step: Extract<Decided, { step: 'refuse' }>,
  now: number,
  pluginVersion?: (plugin: string) => string,
): NewEvent {
  const { request, data } = step.checked
  return {
    id: offsetUuid(request.id, refusalOrdinal),
    type: refusalType,
    data: { action: request.name, data, kind: step.kind, words: step.words },
    metadata: metadataOf(step.checked, request.version, now, pluginVersion),
  }
}

function metadataOf(
  checked: CheckedAction,
  schemaVersion: number,
  now: number,
  pluginVersion?: (plugin: string) => string,
): JsonObject {
  const { request, plugin } = checked
  return toMetadata({
    actionId: request.id,
    correlationId: request.id,
    causationId: request.id,
    user: request.by.user,
    device: request.by.device,
    service: request.by.service,
    plugin,
    pluginVersion: pluginVersion?.(plugin) ?? '',
    schemaVersion,
    occurredAt: request.at,
    recordedAt: now,
  })
}
