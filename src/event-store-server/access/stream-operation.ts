import { fromMetadataStream, isMetadataStream } from '../streams/stream-metadata.ts'
import type { Operation } from './access.ts'

/** What is asked of access for a stream as the protocol names it: `$$x` is the metadata of `x`, and nobody deletes that. */
export function toStreamOperation(right: 'read' | 'write' | 'delete', streamName: string): Operation {
  if (!isMetadataStream(streamName)) return { kind: 'stream', right, streamName }
  const described = fromMetadataStream(streamName)
  return { kind: 'stream', right: right === 'read' ? 'read-metadata' : 'write-metadata', streamName: described }
}
