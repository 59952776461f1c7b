/**
 * One event as one line of JSON, and back, byte for byte.
 *
 *   {"id":…,"stream":…,"revision":…,"position":…,"type":…,"contentType":…,"created":…,"data":…,"metadata":…}
 *
 * Data and metadata stand in it as JSON where writing the parsed value again gives the very same bytes, otherwise as
 * `dataBase64` and `metadataBase64`; empty ones are left out. A tombstone has `"isTombstone":true` and no revision.
 */
import { must } from '#kernel/assert.ts'
import { isUuid } from '#kernel/ids.ts'
import { isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import type { StoredEvent } from '../storage/storage.ts'
import { type ProposedEvent, readEventHeader, recordedEventOf, tombstoneRevision } from '../streams/event-record.ts'
import { splitJsonMembers } from '../streams/json-members.ts'

export type EventLine = {
  readonly streamName: string
  /** Undefined for a tombstone, and where the line does not say. */
  readonly revision: number | undefined
  readonly isTombstone: boolean
  readonly event: ProposedEvent
}

export const jsonContentType = 'application/json'

export function encodeEventLine({ position, record }: StoredEvent): string {
  const { id, streamName, revision, type, createdAt } = readEventHeader(record)
  const { contentType, data, metadata } = readBodies(record)
  const isTombstone = revision === tombstoneRevision
  const head = JSON.stringify({
    id,
    stream: streamName,
    ...(isTombstone ? { isTombstone } : { revision }),
    position,
    type,
    contentType,
    created: new Date(createdAt).toISOString(),
  })
  return `${head.slice(0, -1)}${encodeBody('data', data, contentType)}${encodeBody('metadata', metadata, jsonContentType)}}\n`
}

/** The event, or what is wrong with the line. */
export function parseEventLine(text: string): EventLine | { readonly problem: string } {
  const line = tryParseJson(text)
  if (!isJsonObject(line)) return { problem: 'it is no JSON object' }
  const { id, stream, type, revision, isTombstone, contentType } = line
  if (!isUuid(id)) return { problem: 'its "id" is no lower-case uuid' }
  if (typeof stream !== 'string' || stream === '' || stream === '$all') return { problem: 'its "stream" names none' }
  if (typeof type !== 'string' || type === '') return { problem: 'its "type" is missing' }
  if (contentType !== undefined && typeof contentType !== 'string') return { problem: 'its "contentType" is no text' }
  if (revision !== undefined && !isRevision(revision)) return { problem: 'its "revision" is no whole number' }
  const data = decodeBody(line, 'data', text)
  const metadata = decodeBody(line, 'metadata', text)
  if (!data || !metadata) return { problem: 'its data or metadata is not base64' }
  return {
    streamName: stream,
    revision,
    isTombstone: isTombstone === true,
    event: { id, type, contentType: contentType ?? jsonContentType, data, metadata },
  }
}

function isRevision(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < tombstoneRevision
}

function encodeBody(name: 'data' | 'metadata', bytes: Buffer, contentType: string): string {
  if (bytes.length === 0) return ''
  const text = contentType === jsonContentType ? findExactJson(bytes) : undefined
  return text === undefined ? `,"${name}Base64":"${bytes.toString('base64')}"` : `,"${name}":${text}`
}

/** The text, when parsing it and writing it again gives the same bytes: no spaces, no doubled keys, no bad characters. */
function findExactJson(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8')
  const parsed = tryParseJson(text)
  if (parsed === undefined || tryWriteJson(parsed) !== text) return undefined
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined
}

function decodeBody(line: JsonObject, name: 'data' | 'metadata', written: string): Buffer | undefined {
  const encoded = line[`${name}Base64`]
  if (encoded === undefined) {
    if (line[name] === undefined) return Buffer.alloc(0)
    return Buffer.from(tryWriteJson(line[name]) ?? findWritten(name, written))
  }
  if (typeof encoded !== 'string') return undefined
  const bytes = Buffer.from(encoded, 'base64')
  return bytes.toString('base64') === encoded ? bytes : undefined
}

/** As it stands in the line. */
function findWritten(name: string, line: string): string {
  const member = splitJsonMembers(line).findLast(({ key }) => key === name)
  return must(member, 'it was parsed').text.replace(/^"[^"]*"\s*:\s*/, '')
}

/** Values can be parsed that are nested too deeply to be written. */
function tryWriteJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

type Bodies = { contentType: string; data: Buffer; metadata: Buffer }

const systemMetadataField = 6
const metadataField = 7
const dataField = 8

function readBodies(record: Buffer): Bodies {
  const bodies: Bodies = { contentType: '', data: Buffer.alloc(0), metadata: Buffer.alloc(0) }
  const reader = new ProtoReader(recordedEventOf(record))
  while (reader.next()) {
    if (reader.field === systemMetadataField) readContentType(reader.message(), bodies)
    else if (reader.field === metadataField) bodies.metadata = reader.bytes()
    else if (reader.field === dataField) bodies.data = reader.bytes()
    else reader.skip()
  }
  return bodies
}

function readContentType(entry: ProtoReader, bodies: Bodies): void {
  let key = ''
  while (entry.next()) {
    if (entry.field === 1) key = entry.text()
    else if (entry.field === 2 && key === 'content-type') bodies.contentType = entry.text()
    else entry.skip()
  }
}
