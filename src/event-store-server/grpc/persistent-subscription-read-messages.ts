/** What goes over a consumer's call: its options, its answers, and the messages it gets. */
import { allStream, type GroupKey } from '../persistent-subscriptions/group-settings.ts'
import type { NackAction } from '../persistent-subscriptions/group-state.ts'
import { encodeMessage } from '../protobuf/encode-message.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import { varintLength } from '../protobuf/proto-writer.ts'
import { putVarint } from '../streams/event-record.ts'
import { toKey } from './persistent-subscription-requests.ts'
import { badRequest } from './rpc-failure.ts'
import { decodeStreamIdentifier, decodeUuid } from './shared-messages.ts'
import { withStructuredIds } from './structured-ids.ts'

export type ConsumerRequest =
  | { readonly kind: 'options'; readonly key: GroupKey; readonly bufferSize: number; readonly uuids: UuidForm }
  | { readonly kind: 'ack'; readonly ids: readonly string[] }
  | { readonly kind: 'nack'; readonly ids: readonly string[]; readonly action: NackAction; readonly reason: string }

/** How the client wants the ids of events: as text, or as two halves of 64 bits. */
export type UuidForm = 'text' | 'structured'

export function decodeConsumerRequest(bytes: Buffer): ConsumerRequest {
  const reader = new ProtoReader(bytes)
  while (reader.next()) {
    if (reader.field === 1) return decodeOptions(reader.message())
    if (reader.field === 2) return { kind: 'ack', ids: decodeAnswer(reader.message()).ids }
    if (reader.field === 3) return { kind: 'nack', ...decodeAnswer(reader.message()) }
    reader.skip()
  }
  throw badRequest('A message of the consumer is neither options nor an answer.')
}

function decodeOptions(reader: ProtoReader): ConsumerRequest {
  let streamName = ''
  let groupName = ''
  let bufferSize = 0
  let uuids: UuidForm = 'structured'
  while (reader.next()) {
    if (reader.field === 1) streamName = decodeStreamIdentifier(reader.message())
    else if (reader.field === 2) groupName = reader.text()
    else if (reader.field === 3) bufferSize = Number(BigInt.asIntN(64, reader.uint64()))
    else if (reader.field === 4) uuids = decodeUuidForm(reader.message())
    else {
      reader.skip()
      if (reader.field === 5) streamName = allStream
    }
  }
  if (bufferSize < 1) throw badRequest(`The buffer size is ${bufferSize}; a consumer takes at least 1 message.`)
  return { kind: 'options', key: toKey(streamName, groupName), bufferSize, uuids }
}

function decodeUuidForm(reader: ProtoReader): UuidForm {
  let form: UuidForm = 'structured'
  while (reader.next()) {
    reader.skip()
    form = reader.field === 2 ? 'text' : 'structured'
  }
  return form
}

const actions: readonly NackAction[] = ['unknown', 'park', 'retry', 'skip', 'stop']

function decodeAnswer(reader: ProtoReader): { ids: string[]; action: NackAction; reason: string } {
  const ids: string[] = []
  let action: NackAction = 'unknown'
  let reason = ''
  while (reader.next()) {
    if (reader.field === 2) ids.push(decodeUuid(reader.message()) ?? refuseId())
    else if (reader.field === 3) action = actions[reader.uint()] ?? 'unknown'
    else if (reader.field === 4) reason = reader.text()
    else reader.skip()
  }
  return { ids, action, reason }
}

function refuseId(): never {
  throw badRequest('An answer names an event by something that is no uuid.')
}

export function encodeSubscriptionConfirmation(subscriptionId: string): Buffer {
  return encodeMessage((writer) => writer.message(2, (body) => body.text(1, subscriptionId)))
}

const retryCountTag = 0x28

/** The answer to a read of the event, with the count of earlier attempts put at its end: nothing inside is encoded again. */
export function encodeDelivery(record: Buffer, retryCount: number, uuids: UuidForm): Buffer {
  const body = readEventOf(uuids === 'text' ? record : withStructuredIds(record))
  const bodyBytes = body.length + 1 + varintLength(retryCount)
  const message = Buffer.allocUnsafe(1 + varintLength(bodyBytes) + bodyBytes)
  message[0] = 0x0a
  let at = putVarint(message, 1, bodyBytes)
  message.set(body, at)
  at += body.length
  message[at++] = retryCountTag
  putVarint(message, at, retryCount)
  return message
}

function readEventOf(record: Buffer): Buffer {
  const reader = new ProtoReader(record)
  return reader.next() ? reader.bytes() : record
}
