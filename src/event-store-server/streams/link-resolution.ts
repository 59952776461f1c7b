/**
 * Links: events of type `$>` whose data, `<revision>@<stream>`, names another event. A reader who asks for it gets the
 * link's target beside the link; the place in what is read stays the link's.
 *
 * Promises: one lookup for a link, none for any other event, and no event is encoded again: stored bytes are put side by
 * side. The target is left out when it is missing, hidden from readers of its stream, or not for this caller. A link to a
 * link shows that link, as the protocol has it.
 */
import { varintLength } from '../protobuf/proto-writer.ts'
import type { EventLog } from './event-log.ts'
import { findLinkText, putVarint, readPosition, recordedEventOf } from './event-record.ts'

/** Turns a stored record into the answer to send; returns the very same buffer when it is no link. */
export type LinkResolver = (record: Buffer) => Buffer

export type LinkTarget = { readonly streamName: string; readonly revision: number }

export type MayRead = (streamName: string) => boolean

const everything: MayRead = () => true

export function createLinkResolver(log: Pick<EventLog, 'findEvent'>, mayRead: MayRead = everything): LinkResolver {
  return (record) => {
    const text = findLinkText(record)
    if (text === undefined) return record
    const target = parseLinkText(text)
    const event = target && mayRead(target.streamName) ? log.findEvent(target.streamName, target.revision) : undefined
    return encodeResolvedLink(record, event?.record)
  }
}

export function parseLinkText(text: string): LinkTarget | undefined {
  const [, digits, streamName] = /^(\d{1,16})@(.+)$/s.exec(text) ?? []
  const revision = Number(digits)
  return streamName !== undefined && Number.isSafeInteger(revision) ? { streamName, revision } : undefined
}

/** ReadResp{ event: ReadEvent{ event: target, link, commit_position: of the link } } */
function encodeResolvedLink(linkRecord: Buffer, targetRecord: Buffer | undefined): Buffer {
  const link = recordedEventOf(linkRecord)
  const target = targetRecord && recordedEventOf(targetRecord)
  const position = readPosition(linkRecord)
  const bodyBytes = fieldBytes(target) + fieldBytes(link) + 1 + varintLength(position)
  const answer = Buffer.allocUnsafe(1 + varintLength(bodyBytes) + bodyBytes)
  answer[0] = 0x0a
  let at = putVarint(answer, 1, bodyBytes)
  if (target) at = putField(answer, at, 0x0a, target)
  at = putField(answer, at, 0x12, link)
  answer[at++] = 0x18
  putVarint(answer, at, position)
  return answer
}

function fieldBytes(body: Buffer | undefined): number {
  return body ? 1 + varintLength(body.length) + body.length : 0
}

function putField(answer: Buffer, start: number, tag: number, body: Buffer): number {
  answer[start] = tag
  const at = putVarint(answer, start + 1, body.length)
  answer.set(body, at)
  return at + body.length
}
