import { describe, expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { createSeededRandom } from '#kernel/random.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import { encodeEventRecord, readEventData, readEventHeader, tombstoneRevision } from './event-record.ts'

const place = { streamName: 'order-1', revision: 3, position: 77, createdAt: 1_700_000_000_123 }
const event = {
  id: newUuid(),
  type: 'Ordered',
  contentType: 'application/json',
  data: Buffer.from('{"a":1}'),
  metadata: Buffer.from('{"m":2}'),
}

/** Field number -> readers or numbers, by the general parser. */
function fieldsOf(reader: ProtoReader, wanted: number): Buffer[] {
  const found: Buffer[] = []
  while (reader.next())
    if (reader.field === wanted) found.push(reader.bytes())
    else reader.skip()
  return found
}

describe('an event record', () => {
  test('is a well-formed protocol message with the position in all three places', () => {
    const record = encodeEventRecord(event, place)
    const readEvent = fieldsOf(new ProtoReader(record), 1)[0] ?? Buffer.alloc(0)
    const recorded = fieldsOf(new ProtoReader(readEvent), 1)[0] ?? Buffer.alloc(0)
    const numbers: Record<number, number> = {}
    const reader = new ProtoReader(recorded)
    while (reader.next())
      if (reader.field >= 3 && reader.field <= 5) numbers[reader.field] = reader.uint()
      else reader.skip()
    expect(numbers).toEqual({ 3: 3, 4: 77, 5: 77 })
    expect(fieldsOf(new ProtoReader(recorded), 6).map((entry) => entry.toString())).toEqual([
      '\n\x07created\x12\x1117000000001230000',
      '\n\x04type\x12\x07Ordered',
      '\n\x0ccontent-type\x12\x10application/json',
    ])
    expect(fieldsOf(new ProtoReader(recorded), 7)[0]?.toString()).toBe('{"m":2}')
    expect(fieldsOf(new ProtoReader(recorded), 8)[0]?.toString()).toBe('{"a":1}')
  })

  test('gives back its header and data, whatever the sizes', () => {
    const random = createSeededRandom(11)
    for (const size of [0, 1, 100, 127, 128, 16_383, 16_384, 300_000]) {
      const sized = {
        ...event,
        type: 'Ø'.repeat(Math.floor(random() * 200)),
        data: Buffer.alloc(size, 1),
        metadata: Buffer.alloc(Math.floor(random() * 2) * size, 2),
      }
      const at = {
        streamName: '漢'.repeat(1 + Math.floor(random() * 90)),
        revision: size,
        position: 2 ** 45 + size,
        createdAt: 5,
      }
      const record = encodeEventRecord(sized, at)
      const header = readEventHeader(record)
      expect(header).toMatchObject({
        id: event.id,
        type: sized.type,
        streamName: at.streamName,
        revision: size,
        createdAt: 5,
      })
      expect(readEventData(record, header).equals(sized.data)).toBe(true)
    }
  })

  test('says 2^63-1 for the revision of a tombstone', () => {
    const record = encodeEventRecord(event, { ...place, revision: tombstoneRevision })
    expect(record.includes(Buffer.from([0x18, 255, 255, 255, 255, 255, 255, 255, 255, 0x7f]))).toBe(true)
    expect(readEventHeader(record).revision).toBe(tombstoneRevision)
  })
})
