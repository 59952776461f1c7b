/**
 * The stored form of one event: the protocol's complete read answer, encoded once when the event is appended.
 *
 *   ReadResp{ event: ReadEvent{ event: RecordedEvent{ id, stream, revision, position, type, ... }, commit_position } }
 *
 * Reads and subscriptions send these bytes as they are. The order of the fields inside is ours, so `readEventHeader`
 * walks them without a general parser; the storage's checksum vouches for every byte.
 */
import { utf8Length, varintLength } from '../protobuf/proto-writer.ts'

export type ProposedEvent = {
  /** Canonical lower-case uuid. */
  readonly id: string
  readonly type: string
  readonly contentType: string
  readonly data: Buffer
  readonly metadata: Buffer
}

export type EventPlace = {
  readonly streamName: string
  readonly revision: number
  readonly position: number
  readonly createdAt: number
}

export type EventHeader = {
  readonly id: string
  readonly streamName: string
  readonly revision: number
  readonly type: string
  readonly createdAt: number
  /** Where `data` begins, for `readEventData`. */
  readonly bodyOffset: number
}

/** Stands for the revision of a tombstone, 2^63-1 on the wire: no stream ever reaches it. */
export const tombstoneRevision = Number.MAX_SAFE_INTEGER
const tombstoneRevisionBytes = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]

const idBytes = 36

export function encodeEventRecord(event: ProposedEvent, place: EventPlace): Buffer {
  // Ticks of 100 ns, as text: four more digits than milliseconds.
  const created = `${place.createdAt}0000`
  const nameBytes = utf8Length(place.streamName)
  const typeBytes = utf8Length(event.type)
  const contentTypeBytes = utf8Length(event.contentType)
  const revisionBytes =
    place.revision === tombstoneRevision ? tombstoneRevisionBytes.length : varintLength(place.revision)
  const positionBytes = varintLength(place.position)
  const identifierBytes = 1 + varintLength(nameBytes) + nameBytes

  const recordedBytes =
    4 +
    idBytes +
    (1 + varintLength(identifierBytes) + identifierBytes) +
    (1 + revisionBytes) +
    2 * (1 + positionBytes) +
    mapEntryBytes(createdKey.length, created.length) +
    mapEntryBytes(typeKey.length, typeBytes) +
    mapEntryBytes(contentTypeKey.length, contentTypeBytes) +
    (event.metadata.length > 0 ? 1 + varintLength(event.metadata.length) + event.metadata.length : 0) +
    (1 + varintLength(event.data.length) + event.data.length)
  const readEventBytes = 1 + varintLength(recordedBytes) + recordedBytes + 1 + positionBytes
  const record = Buffer.allocUnsafe(1 + varintLength(readEventBytes) + readEventBytes)

  let at = 0
  record[at++] = 0x0a
  at = putVarint(record, at, readEventBytes)
  record[at++] = 0x0a
  at = putVarint(record, at, recordedBytes)

  record[at++] = 0x0a
  record[at++] = 2 + idBytes
  record[at++] = 0x12
  record[at++] = idBytes
  at += record.write(event.id, at, idBytes, 'latin1')

  record[at++] = 0x12
  at = putVarint(record, at, identifierBytes)
  record[at++] = 0x1a
  at = putText(record, at, place.streamName, nameBytes)

  record[at++] = 0x18
  if (place.revision === tombstoneRevision) for (const byte of tombstoneRevisionBytes) record[at++] = byte
  else at = putVarint(record, at, place.revision)
  record[at++] = 0x20
  at = putVarint(record, at, place.position)
  record[at++] = 0x28
  at = putVarint(record, at, place.position)

  at = putMapEntry(record, at, createdKey, created, created.length)
  at = putMapEntry(record, at, typeKey, event.type, typeBytes)
  at = putMapEntry(record, at, contentTypeKey, event.contentType, contentTypeBytes)

  if (event.metadata.length > 0) {
    record[at++] = 0x3a
    at = putVarint(record, at, event.metadata.length)
    record.set(event.metadata, at)
    at += event.metadata.length
  }
  record[at++] = 0x42
  at = putVarint(record, at, event.data.length)
  record.set(event.data, at)
  at += event.data.length

  record[at++] = 0x18
  putVarint(record, at, place.position)
  return record
}

/** The type of an event that stands for another one. */
export const linkType = '$>'
const linkTypeBytes = [linkType.length, ...Buffer.from(linkType)]

const createdKey = 'created'
const typeKey = 'type'
const contentTypeKey = 'content-type'

function mapEntryBytes(keyBytes: number, valueBytes: number): number {
  const body = 2 + keyBytes + 1 + varintLength(valueBytes) + valueBytes
  return 1 + varintLength(body) + body
}

function putMapEntry(record: Buffer, start: number, key: string, value: string, valueBytes: number): number {
  let at = start
  record[at++] = 0x32
  at = putVarint(record, at, 2 + key.length + 1 + varintLength(valueBytes) + valueBytes)
  record[at++] = 0x0a
  record[at++] = key.length
  at += record.write(key, at, key.length, 'latin1')
  record[at++] = 0x12
  return putText(record, at, value, valueBytes)
}

function putText(record: Buffer, start: number, text: string, size: number): number {
  const at = putVarint(record, start, size)
  record.write(text, at, size, size === text.length ? 'latin1' : 'utf8')
  return at + size
}

/** Writes `value` at `start`; returns where it ends. */
export function putVarint(record: Buffer, start: number, value: number): number {
  let at = start
  let rest = value
  while (rest >= 0x80) {
    record[at++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  record[at++] = rest
  return at
}

/** Reads one record front to back, in the order `encodeEventRecord` wrote it. */
class RecordCursor {
  private readonly record: Buffer
  at: number

  constructor(record: Buffer, at = 0) {
    this.record = record
    this.at = at
  }

  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.record[this.at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return Math.min(value, Number.MAX_SAFE_INTEGER)
    }
  }

  /** Steps over a tag byte and returns the number after it. */
  number(): number {
    this.at++
    return this.varint()
  }

  text(): string {
    const size = this.number()
    this.at += size
    return this.record.toString('utf8', this.at - size, this.at)
  }

  bytes(): Buffer {
    const size = this.number()
    this.at += size
    return this.record.subarray(this.at - size, this.at)
  }

  skip(): void {
    const size = this.number()
    this.at += size
  }

  mapValue(keyBytes: number): string {
    this.number()
    this.at += 2 + keyBytes
    return this.text()
  }
}

export function readEventHeader(record: Buffer): EventHeader {
  const cursor = new RecordCursor(record)
  cursor.number()
  cursor.number()
  cursor.at += 2
  const id = cursor.text()
  cursor.number()
  const streamName = cursor.text()
  const revision = cursor.number()
  cursor.number()
  cursor.number()
  const created = cursor.mapValue(createdKey.length)
  const type = cursor.mapValue(typeKey.length)
  cursor.mapValue(contentTypeKey.length)
  return { id, streamName, revision, type, createdAt: Number(created.slice(0, -4)), bodyOffset: cursor.at }
}

/** Of the record in the whole log. */
export function readPosition(record: Buffer): number {
  const cursor = new RecordCursor(record)
  cursor.number()
  cursor.skip()
  return cursor.number()
}

/** The stored event by itself, without the answer around it: a view. */
export function recordedEventOf(record: Buffer): Buffer {
  const cursor = new RecordCursor(record)
  cursor.number()
  return cursor.bytes()
}

/** Where a record is a link, the text it holds: `<revision>@<stream>`. Costs little for one that is none. */
export function findLinkText(record: Buffer): string | undefined {
  const cursor = new RecordCursor(record)
  cursor.number()
  cursor.number()
  cursor.skip()
  cursor.skip()
  cursor.number()
  cursor.number()
  cursor.number()
  cursor.skip()
  cursor.number()
  cursor.at += 2 + typeKey.length + 1
  const isLink = linkTypeBytes.every((byte, index) => record[cursor.at + index] === byte)
  return isLink ? readEventData(record, readEventHeader(record)).toString('utf8') : undefined
}

export function readEventData(record: Buffer, header: EventHeader): Buffer {
  const cursor = new RecordCursor(record, header.bodyOffset)
  const metadataTag = 0x3a
  if (record[cursor.at] === metadataTag) cursor.bytes()
  return cursor.bytes()
}

/** A 32-bit hash of an event id, for the index that finds retries. */
export function toEventKey(id: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
