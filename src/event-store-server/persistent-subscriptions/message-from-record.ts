/** Makes a group's message of a stored event: resolved, when the group wants that, and put into its bucket. */
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import type { EventLog } from '../streams/event-log.ts'
import { type EventHeader, findLinkText, readEventHeader } from '../streams/event-record.ts'
import { createLinkResolver, parseLinkText } from '../streams/link-resolution.ts'
import type { NewMessage } from './group-message.ts'
import type { ConsumerStrategy, GroupSettings } from './group-settings.ts'
import { toBucket } from './pinned-buckets.ts'

export type MessageOrigin = Pick<NewMessage, 'origin' | 'place' | 'isLive'>

/** `header` is that of the record, when it is known already. */
export type ToMessage = (record: Buffer, origin: MessageOrigin, header?: EventHeader) => NewMessage

export function createToMessage(log: EventLog, settings: GroupSettings): ToMessage {
  const resolve = settings.resolveLinks ? createLinkResolver(log) : (record: Buffer) => record
  const pin = pinBy[settings.strategy]
  return (stored, { origin, place, isLive }, header = readEventHeader(stored)) => {
    const { id, streamName, revision } = header
    const record = resolve(stored)
    const bucket = pin({ stored, record, streamName })
    const message = { id, origin, place, isLive, streamName, revision, record, bucket }
    return record === stored
      ? message
      : { ...message, link: { stored, targetStream: sourceStream(stored, streamName) } }
  }
}

type Pinnable = { readonly stored: Buffer; readonly record: Buffer; readonly streamName: string }

const pinBy: Record<ConsumerStrategy, (event: Pinnable) => number> = {
  RoundRobin: () => 0,
  DispatchToSingle: () => 0,
  Pinned: (event) => toBucket(sourceStream(event.stored, event.streamName)),
  PinnedByCorrelation: (event) =>
    toBucket(findCorrelation(event.record) ?? sourceStream(event.stored, event.streamName)),
}

/** The stream a link points to, or the event's own. */
function sourceStream(stored: Buffer, streamName: string): string {
  const text = findLinkText(stored)
  return (text === undefined ? undefined : parseLinkText(text)?.streamName) ?? streamName
}

const customMetadataField = 7

function findCorrelation(record: Buffer): string | undefined {
  const answer = new ProtoReader(record)
  const readEvent = answer.next() ? answer.message() : undefined
  const event = readEvent?.next() && readEvent.field === 1 ? readEvent.message() : undefined
  while (event?.next()) {
    if (event.field === customMetadataField) return correlationIn(event.text())
    event.skip()
  }
  return undefined
}

function correlationIn(metadata: string): string | undefined {
  const parsed = tryParseJson(metadata)
  const correlation = isJsonObject(parsed) ? parsed.$correlationId : undefined
  return typeof correlation === 'string' ? correlation : undefined
}
