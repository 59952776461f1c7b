import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { canonicalJson, type JsonObject } from '#kernel/json.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import type { FoundEvent } from './found-event.ts'

/** An event as it was recorded, and as today's code reads it. */
export type RecordedAndToday = {
  /** Null when the log does not hold it any more: the stream was deleted or keeps less. */
  readonly metadata: JsonObject | null
  /** What today's code sees, where that is something else. */
  readonly today: { readonly schemaVersion: number; readonly data: JsonObject } | null
  /** Why today's code cannot read it. */
  readonly todayWords: string | null
}

export async function loadRecordedAndToday(options: {
  event: FoundEvent
  store: EventStore
  upcast: (event: RecordedEvent) => RecordedEvent
}): Promise<RecordedAndToday> {
  const { event, store, upcast } = options
  const recorded = await findInLog(store, event)
  if (!recorded) return { metadata: null, today: null, todayWords: null }
  const { metadata } = recorded
  try {
    const read = upcast(recorded)
    const isSame = canonicalJson(read.data) === canonicalJson(recorded.data) && versionOf(read) === versionOf(recorded)
    const today = isSame ? null : { schemaVersion: versionOf(read), data: read.data }
    return { metadata, today, todayWords: null }
  } catch (error) {
    const words = isPlatformError(error) ? error.message : `An upcaster failed: ${describeError(error)}.`
    return { metadata, today: null, todayWords: words }
  }
}

async function findInLog(store: EventStore, { stream, revision, id }: FoundEvent): Promise<RecordedEvent | undefined> {
  const [found] = await store.readStream(stream, { from: revision, direction: 'forwards', countMax: 1 })
  return found?.id === id ? found : undefined
}

function versionOf(event: RecordedEvent): number {
  return Math.max(1, parseMetadata(event.metadata).schemaVersion ?? 1)
}
