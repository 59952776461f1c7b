import type { NewEvent } from '#event-store/event-store.ts'
import { toMetadata } from '#event-store/metadata.ts'
import { offsetUuid } from '#kernel/ids.ts'
import type { CheckedAction } from './checked-action.ts'
import type { Decided } from './decided.ts'
import { hashText } from './hash-text.ts'
import { refusalType } from './refusal.ts'

/** What every event of one append says of when and by what it was recorded. */
export type Recording = {
  /** The server's time, milliseconds since 1970. */
  readonly recordedAt: number
  readonly pluginVersion: (plugin: string) => string
}

/**
 * The refusal's event id, far from the ids of facts. It depends on the reason: should an append that timed out land while
 * its retry gives another reason, the store must not take the two for the same event.
 */
function refusalOrdinal(kind: string, words: string): number {
  return 0x10000 + (hashText(`${kind} ${words}`) % 2 ** 40)
}

/** The action itself first, then its facts; ids derived from the action's, so that a retry names the same events. */
export function toNewEvents({ checked, facts, changed }: Extract<Decided, { step: 'accept' }>, recording: Recording) {
  const { request, data } = checked
  // On all of them, so that the answer is found on whichever comes last.
  const said = changed ? { changed } : {}
  const metadata = { ...metadataOf(checked, request.version, recording), ...said }
  const action: NewEvent = { id: request.id, type: request.name, data, metadata }
  const recordedFacts = facts.map((fact, index): NewEvent => {
    const { name: type, version } = fact.definition
    return {
      id: offsetUuid(request.id, index + 1),
      type,
      data: fact.data,
      metadata: { ...metadataOf(checked, version, recording), ...said },
    }
  })
  return [action, ...recordedFacts]
}

export function toRefusal(step: Extract<Decided, { step: 'refuse' }>, recording: Recording): NewEvent {
  const { checked, kind, words } = step
  const { request, data } = checked
  return {
    id: offsetUuid(request.id, refusalOrdinal(kind, words)),
    type: refusalType,
    data: { action: request.name, data, kind, words },
    metadata: metadataOf(checked, request.version, recording),
  }
}

function metadataOf({ request, plugin }: CheckedAction, schemaVersion: number, recording: Recording) {
  return toMetadata({
    actionId: request.id,
    correlationId: request.cause?.correlationId ?? request.id,
    causationId: request.cause?.eventId ?? request.id,
    user: request.by.user,
    device: request.by.device,
    service: request.by.service,
    plugin,
    pluginVersion: recording.pluginVersion(plugin),
    schemaVersion,
    occurredAt: request.at,
    recordedAt: recording.recordedAt,
    ...(request.cause && { causeDepth: request.cause.depth }),
    ...(request.seq !== undefined && { deviceSeq: request.seq }),
  })
}
