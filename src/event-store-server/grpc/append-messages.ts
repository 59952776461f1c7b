/** AppendReq and AppendResp: one append, event by event, with a conflict as a normal reply. */
import { encodeMessage } from '../protobuf/encode-message.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import type { ProposedEvent } from '../streams/event-record.ts'
import type { ExpectedRevision } from '../streams/expected-revision.ts'
import { isMetadataStream } from '../streams/stream-metadata.ts'
import { decodeProposedMessage } from './proposed-message.ts'
import { badRequest, RpcFailure } from './rpc-failure.ts'
import {
  checkWritableName,
  decodeStreamOption,
  type StreamOptions,
  unwrapOptions,
  writePosition,
} from './shared-messages.ts'

export type AppendPart =
  | { readonly kind: 'options'; readonly options: StreamOptions }
  | { readonly kind: 'event'; readonly event: ProposedEvent }

export function decodeAppendPart(bytes: Buffer): AppendPart {
  const reader = new ProtoReader(bytes)
  while (reader.next()) {
    if (reader.field === 1) return { kind: 'options', options: decodeStreamOptions(reader.message()) }
    if (reader.field === 2) {
      const event = decodeProposedMessage(reader.message())
      if (event instanceof RpcFailure) throw event
      return { kind: 'event', event }
    }
    reader.skip()
  }
  throw badRequest('The request has neither options nor an event.')
}

/** DeleteReq and TombstoneReq. */
export function decodeDelete(bytes: Buffer): StreamOptions {
  const options = decodeStreamOptions(unwrapOptions(bytes))
  if (isMetadataStream(options.streamName))
    throw badRequest(`'${options.streamName}' is metadata and goes with its stream. Write other metadata instead.`)
  return options
}

function decodeStreamOptions(reader: ProtoReader): StreamOptions {
  const options: StreamOptions = { streamName: '', expected: 'any' }
  while (reader.next()) if (!decodeStreamOption(reader, options)) reader.skip()
  checkWritableName(options.streamName)
  return options
}

export function encodeAppended(revision: number, position: number | undefined): Buffer {
  return encodeMessage((writer) =>
    writer.message(1, (success) => {
      if (revision < 0) success.empty(2)
      else success.uint(1, revision)
      if (position === undefined) success.empty(4)
      else writePosition(success, 3, position)
    }),
  )
}

/** Written twice, as the protocol has it: fields 1 to 5 for clients before 20.6.1, fields 6 to 11 for those after. */
export function encodeAppendConflict(expected: ExpectedRevision, actualRevision: number): Buffer {
  return encodeMessage((writer) =>
    writer.message(2, (conflict) => {
      if (actualRevision < 0) conflict.empty(2)
      else conflict.uint(1, actualRevision)
      if (typeof expected === 'number') conflict.uint(3, expected)
      else if (expected === 'any') conflict.empty(4)
      else if (expected === 'stream-exists') conflict.empty(5)
      if (actualRevision < 0) conflict.empty(7)
      else conflict.uint(6, actualRevision)
      if (typeof expected === 'number') conflict.uint(8, expected)
      else if (expected === 'any') conflict.empty(9)
      else if (expected === 'stream-exists') conflict.empty(10)
      else conflict.empty(11)
    }),
  )
}

/** DeleteResp and TombstoneResp. */
export function encodeDeleted(position: number | undefined): Buffer {
  return encodeMessage((writer) => {
    if (position === undefined) writer.empty(2)
    else writePosition(writer, 1, position)
  })
}
