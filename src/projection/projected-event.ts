import type { RecordedEvent } from '#event-store/event-store.ts'
import { type EventMetadata, parseMetadata } from '#event-store/metadata.ts'
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

/** What the metadata says is looked for when a handler asks: most do not, and it is as much work as all the rest. */
function withData(recorded: RecordedEvent, data: RecordedEvent['data']): ProjectedEvent {
  const { id, type, stream, revision, storedAt } = recorded
  let found: Partial<EventMetadata> | undefined
  const metadata = (): Partial<EventMetadata> => {
    found ??= parseMetadata(recorded.metadata)
    return found
  }
  return {
    id,
    type,
    data,
    stream,
    entityId: stream.slice(stream.indexOf('-') + 1),
    revision,
    get position() {
      return recorded.position
    },
    get actionId() {
      return metadata().actionId
    },
    get user() {
      return metadata().user ?? ''
    },
    get device() {
      return metadata().device ?? ''
    },
    get occurredAt() {
      return metadata().occurredAt ?? storedAt
    },
    get recordedAt() {
      return metadata().recordedAt ?? storedAt
    },
    get recorded() {
      return { data: recorded.data, metadata: metadata() }
    },
  }
}
