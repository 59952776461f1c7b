/**
 * Which of a stream's events no reader of that stream can see any more, so that they may go.
 *
 * What stays: the last event of every stream, deleted or not, because it tells where the stream goes on counting (the
 * protocol documents the same: write an empty event before deleting, when the last one must go too); of a tombstoned
 * stream its tombstone alone; nothing of a tombstoned stream's metadata.
 */
import type { StoredStream } from '../storage/storage.ts'
import type { EventLog } from '../streams/event-log.ts'
import { tombstoneRevision } from '../streams/event-record.ts'
import { fromMetadataStream, isMetadataStream } from '../streams/stream-metadata.ts'

/** Events below the returned revision may be removed. */
export function firstRevisionKept(eventLog: EventLog, stream: StoredStream): number {
  if (stream.isTombstoned || describesTombstoned(eventLog, stream.name)) return tombstoneRevision
  return Math.min(eventLog.firstVisibleRevision(stream), stream.revision)
}

function describesTombstoned(eventLog: EventLog, streamName: string): boolean {
  return isMetadataStream(streamName) && eventLog.findStream(fromMetadataStream(streamName))?.isTombstoned === true
}
