/** Messages that several methods share: uuids, stream names, expected revisions, positions. */
import { isUuid } from '#kernel/ids.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import type { ProtoWriter } from '../protobuf/proto-writer.ts'
import type { ExpectedRevision } from '../streams/expected-revision.ts'
import { fromMetadataStream, isMetadataStream, toMetadataStream } from '../streams/stream-metadata.ts'
import { badRequest } from './rpc-failure.ts'

const streamNameBytesMax = 4_096

/** Arrives as text, or as two 64-bit halves; leaves as canonical text. Undefined when it is neither. */
export function decodeUuid(reader: ProtoReader): string | undefined {
  let uuid: string | undefined
  while (reader.next()) {
    if (reader.field === 1) uuid = decodeHalves(reader.message())
    else if (reader.field === 2) uuid = reader.text().toLowerCase()
    else reader.skip()
  }
  return isUuid(uuid) ? uuid : undefined
}

function decodeHalves(reader: ProtoReader): string {
  let most = 0n
  let least = 0n
  while (reader.next()) {
    if (reader.field === 1) most = reader.uint64()
    else if (reader.field === 2) least = reader.uint64()
    else reader.skip()
  }
  const digits = ((most << 64n) | least).toString(16).padStart(32, '0')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
}

export function decodeStreamIdentifier(reader: ProtoReader): string {
  let name = ''
  while (reader.next()) {
    if (reader.field === 3) name = toStreamName(reader.bytes())
    else reader.skip()
  }
  return name
}

function toStreamName(bytes: Buffer): string {
  if (bytes.length > streamNameBytesMax)
    throw badRequest(`A stream name has ${bytes.length} bytes; at most ${streamNameBytesMax} are allowed.`)
  return bytes.toString('utf8')
}

export function checkWritableName(streamName: string): void {
  if (streamName === '') throw badRequest('The stream name is empty. Name the stream.')
  if (streamName === '$all') throw badRequest("'$all' is the whole log and cannot be written to. Name a stream.")
  if (isMetadataStream(streamName) && isMetadataStream(fromMetadataStream(streamName)))
    throw badRequest(`'${streamName}' would be the metadata of metadata, which there is none of.`)
  if (streamName === toMetadataStream('')) throw badRequest(`'${streamName}' is the metadata of no stream. Name it.`)
}

/** Stream and belief, as the options of append, batch append, delete and tombstone all begin. */
export type StreamOptions = { streamName: string; expected: ExpectedRevision }

/** True when the field was one of those `StreamOptions` knows. */
export function decodeStreamOption(reader: ProtoReader, options: StreamOptions): boolean {
  switch (reader.field) {
    case 1:
      options.streamName = decodeStreamIdentifier(reader.message())
      return true
    case 2:
      options.expected = reader.uint()
      return true
    case 3:
      reader.skip()
      options.expected = 'no-stream'
      return true
    case 4:
      reader.skip()
      options.expected = 'any'
      return true
    case 5:
      reader.skip()
      options.expected = 'stream-exists'
      return true
    default:
      return false
  }
}

export function writePosition(writer: ProtoWriter, field: number, position: number): void {
  writer.message(field, (body) => {
    body.uint(1, position)
    body.uint(2, position)
  })
}

export function writeStreamIdentifier(writer: ProtoWriter, field: number, streamName: string): void {
  writer.message(field, (body) => body.text(3, streamName))
}

/** The next message inside `bytes`, when it is field number one: requests that only wrap their options. */
export function unwrapOptions(bytes: Buffer): ProtoReader {
  const reader = new ProtoReader(bytes)
  while (reader.next()) {
    if (reader.field === 1) return reader.message()
    reader.skip()
  }
  throw badRequest('The request has no options.')
}
