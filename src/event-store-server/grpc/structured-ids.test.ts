import { expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import { encodeEventRecord, tombstoneRevision } from '../streams/event-record.ts'
import { decodeUuid } from './shared-messages.ts'
import { withStructuredIds } from './structured-ids.ts'

type Fields = { id: string | undefined; idFields: number[]; rest: [field: number, value: string | bigint][] }

function fieldsOf(answer: Buffer): Fields {
  const outer = new ProtoReader(answer)
  outer.next()
  const readEvent = outer.message()
  readEvent.next()
  const recorded = readEvent.message()
  const found: Fields = { id: undefined, idFields: [], rest: [] }
  while (recorded.next()) {
    if (recorded.field !== 1)
      found.rest.push([recorded.field, recorded.isBytes ? recorded.bytes().toString('hex') : recorded.uint64()])
    else {
      const id = recorded.bytes()
      found.id = decodeUuid(new ProtoReader(id))
      const reader = new ProtoReader(id)
      while (reader.next()) {
        found.idFields.push(reader.field)
        reader.skip()
      }
    }
  }
  readEvent.next()
  found.rest.push([readEvent.field, readEvent.uint64()])
  return found
}

test('an answer with structured ids says the same as the stored one in every field', () => {
  for (const id of [newUuid(), 'ffffffff-ffff-ffff-ffff-ffffffffffff', '00000000-0000-0000-0000-000000000001'])
    for (const revision of [0, 300, tombstoneRevision])
      for (const size of [0, 10, 5_000]) {
        const event = {
          id,
          type: 'T',
          contentType: 'application/json',
          data: Buffer.alloc(size, 7),
          metadata: Buffer.alloc(size, 8),
        }
        const record = encodeEventRecord(event, { streamName: 'a-漢', revision, position: 2 ** 50, createdAt: 1 })
        const stored = fieldsOf(record)
        const structured = fieldsOf(withStructuredIds(record))
        expect(stored.idFields).toEqual([2])
        expect(structured).toEqual({ ...stored, idFields: [1] })
      }
})
