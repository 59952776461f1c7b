import { MalformedMessage, type ProtoReader } from '../protobuf/proto-reader.ts'
import type { ProposedEvent } from '../streams/event-record.ts'
import { badRequest, missingMetadata, type RpcFailure } from './rpc-failure.ts'
import { decodeUuid } from './shared-messages.ts'

const typeLengthMax = 1_024
const noBytes = Buffer.alloc(0)

/** One event as a client proposes it, or what is wrong with it. Bytes are views into the request. */
export function decodeProposedMessage(reader: ProtoReader): ProposedEvent | RpcFailure {
  let id: string | undefined
  let type: string | undefined
  let contentType: string | undefined
  let metadata = noBytes as Buffer
  let data = noBytes as Buffer
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        id = decodeUuid(reader.message())
        break
      case 2: {
        const { key, value } = decodeMapEntry(reader.message())
        if (key === 'type') type = value
        else if (key === 'content-type') contentType = value
        break
      }
      case 3:
        metadata = reader.bytes()
        break
      case 4:
        data = reader.bytes()
        break
      default:
        reader.skip()
    }
  }
  if (id === undefined) return badRequest('An event has no id, or its id is not a uuid.')
  if (!type) return missingMetadata('type')
  if (!contentType) return missingMetadata('content-type')
  if (type.length > typeLengthMax)
    return badRequest(`An event type has ${type.length} characters; at most ${typeLengthMax} are allowed.`)
  return { id, type, contentType: toKeptContentType(contentType), data, metadata }
}

/** The protocol remembers of an event only whether it is JSON. */
function toKeptContentType(contentType: string): string {
  return contentType === 'application/json' ? contentType : 'application/octet-stream'
}

function decodeMapEntry(reader: ProtoReader): { key: string; value: string } {
  let key = ''
  let value = ''
  while (reader.next()) {
    if (reader.field === 1) key = reader.text()
    else if (reader.field === 2) value = reader.text()
    else throw new MalformedMessage('A map entry has a third field.')
  }
  return { key, value }
}
