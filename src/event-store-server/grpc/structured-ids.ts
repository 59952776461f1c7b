/**
 * The same answer with uuids as two 64-bit halves instead of text, for the clients that ask for it.
 *
 * Takes any answer whose first field is a ReadEvent: a stored record, a resolved link, and what persistent subscriptions
 * send. Official clients ask for text, which is what is stored, so this copies and need not be fast.
 */
import { encodeMessage } from '../protobuf/encode-message.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import type { ProtoWriter } from '../protobuf/proto-writer.ts'
import { decodeUuid } from './shared-messages.ts'

export function withStructuredIds(answer: Buffer): Buffer {
  const reader = new ProtoReader(answer)
  reader.next()
  const readEvent = reader.message()
  return encodeMessage((writer) => writer.message(1, (body) => copyReadEvent(readEvent, body)))
}

function copyReadEvent(reader: ProtoReader, writer: ProtoWriter): void {
  while (reader.next()) {
    const { field } = reader
    if (field === 1 || field === 2) {
      const recorded = reader.message()
      writer.message(field, (body) => copyRecordedEvent(recorded, body))
    } else copyField(reader, writer)
  }
}

function copyRecordedEvent(reader: ProtoReader, writer: ProtoWriter): void {
  while (reader.next()) {
    if (reader.field !== 1) copyField(reader, writer)
    else writeHalves(writer, decodeUuid(reader.message()) ?? '')
  }
}

/** RecordedEvent has numbers up to field 5 and bytes after it, a ReadEvent numbers and empty messages. */
function copyField(reader: ProtoReader, writer: ProtoWriter): void {
  if (reader.isBytes) writer.bytes(reader.field, reader.bytes())
  else writer.int64(reader.field, reader.uint64())
}

function writeHalves(writer: ProtoWriter, uuid: string): void {
  const digits = uuid.replaceAll('-', '')
  writer.message(1, (id) =>
    id.message(1, (halves) => {
      halves.int64(1, BigInt(`0x${digits.slice(0, 16)}`))
      halves.int64(2, BigInt(`0x${digits.slice(16)}`))
    }),
  )
}
