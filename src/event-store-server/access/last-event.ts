import type { EventLog } from '../streams/event-log.ts'
import { readEventData, readEventHeader } from '../streams/event-record.ts'

/** What access needs of the log: to look at the last event of a stream, and to hear when one of the system's own changes. */
export type SystemStreams = Pick<EventLog, 'findStream' | 'readStream' | 'listeners'>

export type LastEvent = { readonly revision: number; readonly createdAt: number; readonly data: Buffer }

/** The stream's last event, unless it is deleted or truncated away. */
export function readLastEvent(log: SystemStreams, streamName: string): LastEvent | undefined {
  const stream = log.findStream(streamName)
  if (!stream || stream.isTombstoned || stream.truncateBefore > stream.revision) return undefined
  const [stored] = log.readStream(stream, 'backwards', stream.revision, stream.revision)
  if (!stored) return undefined
  const header = readEventHeader(stored.record)
  return { revision: header.revision, createdAt: header.createdAt, data: readEventData(stored.record, header) }
}
