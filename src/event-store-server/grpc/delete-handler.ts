/** Streams.Delete and Streams.Tombstone: the stream can be taken up again, or never. */
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js'
import type { EventLog } from '../streams/event-log.ts'
import { decodeDelete, encodeDeleted } from './append-messages.ts'
import { streamDeleted, toRpcFailure, wrongExpectedVersion } from './rpc-failure.ts'

export function createDeleteHandler(log: EventLog, kind: 'delete' | 'tombstone') {
  return (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    perform(log, kind, call.request).then(
      (reply) => callback(null, reply),
      (error: unknown) => callback(toRpcFailure(error)),
    )
  }
}

async function perform(log: EventLog, kind: 'delete' | 'tombstone', request: Buffer): Promise<Buffer> {
  const { streamName, expected } = decodeDelete(request)
  const outcome = await log.request({ kind, streamName, expected })
  switch (outcome.kind) {
    case 'written':
      return encodeDeleted(outcome.position)
    case 'conflict':
      throw wrongExpectedVersion(streamName, expected, outcome.actualRevision)
    case 'tombstoned':
      throw streamDeleted(streamName)
    case 'failed':
      throw outcome.error
  }
}
