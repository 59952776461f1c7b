/** Streams.Delete and Streams.Tombstone: the stream can be taken up again, or never. */
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js'
import { toStreamOperation } from '../access/stream-operation.ts'
import { decodeDelete, encodeDeleted } from './append-messages.ts'
import { admit, type ServiceContext } from './grpc-service.ts'
import { streamDeleted, toRpcFailure, wrongExpectedVersion } from './rpc-failure.ts'

export function createDeleteHandler(context: ServiceContext, kind: 'delete' | 'tombstone') {
  return (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    perform(context, kind, call).then(
      (reply) => callback(null, reply),
      (error: unknown) => callback(toRpcFailure(error)),
    )
  }
}

async function perform(
  { eventLog, access }: ServiceContext,
  kind: 'delete' | 'tombstone',
  call: ServerUnaryCall<Buffer, Buffer>,
): Promise<Buffer> {
  const { streamName, expected } = decodeDelete(call.request)
  await admit(access, call, toStreamOperation('delete', streamName))
  const outcome = await eventLog.request({ kind, streamName, expected })
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
