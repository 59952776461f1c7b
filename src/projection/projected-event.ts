import type { RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { ProjectedEvent } from './define-projection.ts'
import type { ReadEvent } from './fold.ts'
import type { ProjectionCode } from './projection-code.ts'

/**
 * An event as handlers see it, brought to the version their code knows. One from the future parks like one that cannot be
 * projected.
 */
export function toReadEvent(recorded: RecordedEvent, upcast: ProjectionCode['upcast']): ReadEvent {
  try {
    return { event: withData(recorded, upcast(recorded).data) }
  } catch (error) {
    return { event: withData(recorded, {}), failure: describeError(error) }
  }
}

function withData(recorded: RecordedEvent, data: RecordedEvent['data']): ProjectedEvent {
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
    recorded: { data: recorded.data, metadata },
  }
}
