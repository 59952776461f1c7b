import type { RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { upcastEvent } from '#event-store/upcast.ts'
import type { ProjectedEvent } from './define-projection.ts'

/** An event as handlers see it, brought to today's version. Throws `schema-unknown` for one from the future. */
export function toProjectedEvent(recorded: RecordedEvent): ProjectedEvent {
  const event = upcastEvent(recorded)
  return withData(recorded, event.data)
}

/** The same without looking at the data: for parking an event that this build does not know. */
export function withData(recorded: RecordedEvent, data: RecordedEvent['data']): ProjectedEvent {
  const metadata = parseMetadata(recorded.metadata)
  return {
    id: recorded.id,
    type: recorded.type,
    data,
    stream: recorded.stream,
    entityId: recorded.stream.slice(recorded.stream.indexOf('-') + 1),
    revision: recorded.revision,
    position: recorded.position,
    actionId: metadata.actionId,
    user: metadata.user ?? '',
    device: metadata.device ?? '',
    occurredAt: metadata.occurredAt ?? recorded.storedAt,
    recordedAt: metadata.recordedAt ?? recorded.storedAt,
  }
}
