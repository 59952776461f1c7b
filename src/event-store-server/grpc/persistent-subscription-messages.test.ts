import { describe, expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { defaultGroupSettings } from '../persistent-subscriptions/group-settings.ts'
import { encodeMessage } from '../protobuf/encode-message.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import type { ProtoWriter } from '../protobuf/proto-writer.ts'
import { encodeEventRecord } from '../streams/event-record.ts'
import { decodeConsumerRequest, encodeDelivery } from './persistent-subscription-read-messages.ts'
import { decodeGroupRequest, decodeReplayParked } from './persistent-subscription-requests.ts'
import { writeStreamIdentifier } from './shared-messages.ts'

const endOnTheWire = 18_446_744_073_709_551_615n

const request = (writeOptions: (writer: ProtoWriter) => void) =>
  encodeMessage((writer) => writer.message(1, writeOptions))

function groupRequest(writeStream: (writer: ProtoWriter) => void, writeSettings: (writer: ProtoWriter) => void) {
  return decodeGroupRequest(
    request((options) => {
      writeStream(options)
      options.text(2, 'workers')
      options.message(3, writeSettings)
    }),
  )
}

const deprecatedStream = (options: ProtoWriter) => writeStreamIdentifier(options, 1, 'work')
const nothing = () => undefined

describe('a request about a group', () => {
  test('is understood in the form of today and in the deprecated one', () => {
    const today = groupRequest((options) => {
      options.message(4, (stream) => {
        writeStreamIdentifier(stream, 1, 'work')
        stream.uint(2, 7)
      })
    }, nothing)
    const deprecated = groupRequest(deprecatedStream, (settings) => settings.uint(2, 7))
    expect(today).toEqual(deprecated)
    expect(today.key).toEqual({ streamName: 'work', groupName: 'workers' })
    expect(today.settings.startFrom).toBe(7)
  })

  test('takes the largest number for the end, and none for the start', () => {
    const end = groupRequest(deprecatedStream, (settings) => settings.int64(2, endOnTheWire))
    expect(end.settings.startFrom).toBe('end')
    expect(groupRequest(deprecatedStream, nothing).settings.startFrom).toBe('start')
  })

  test('takes numbers that are not there for zero, not for the defaults of clients', () => {
    const { settings } = groupRequest(deprecatedStream, nothing)
    expect(settings).toMatchObject({ maxRetryCount: 0, messageTimeoutMs: 0, liveBufferSize: 0, readBatchSize: 0 })
    expect(settings.strategy).toBe('DispatchToSingle')
    expect(defaultGroupSettings.maxRetryCount).toBe(10)
  })

  test('reads times in milliseconds or in ticks, and a strategy by number or by name', () => {
    const ticks = groupRequest(deprecatedStream, (settings) => {
      settings.uint(4, 30_000_0000)
      settings.uint(6, 2_000_0000)
      settings.uint(13, 2)
    })
    expect(ticks.settings).toMatchObject({ messageTimeoutMs: 30_000, checkpointAfterMs: 2_000, strategy: 'Pinned' })
    const named = groupRequest(deprecatedStream, (settings) => settings.text(16, 'PinnedByCorrelation'))
    expect(named.settings.strategy).toBe('PinnedByCorrelation')
    expect(() => groupRequest(deprecatedStream, (settings) => settings.text(16, 'Fairly'))).toThrow('"Fairly"')
  })

  test('keeps negative numbers negative, so that they can be refused', () => {
    const { settings } = groupRequest(deprecatedStream, (writer) => writer.int64(10, -5n))
    expect(settings.liveBufferSize).toBe(-5)
    const replay = request((options) => {
      options.text(1, 'workers')
      writeStreamIdentifier(options, 2, 'work')
      options.int64(4, -1n)
    })
    expect(() => decodeReplayParked(replay)).toThrow('-1')
  })
})

describe('a message to a consumer', () => {
  const id = newUuid()
  const event = {
    id,
    type: 'Counted',
    contentType: 'application/json',
    data: Buffer.alloc(300, 'x'),
    metadata: Buffer.from('{}'),
  }
  const record = encodeEventRecord(event, { streamName: 'work', revision: 3, position: 900, createdAt: 5 })

  test('is the answer to a read of the event, and the count of attempts', () => {
    for (const retryCount of [0, 1, 127, 128, 70_000]) {
      const delivery = fieldsOf(encodeDelivery(record, retryCount, 'text'))
      expect(delivery).toEqual({ ...fieldsOf(record), 5: retryCount })
    }
  })

  test('has the id in two halves for those who ask for that', () => {
    const { 1: stored, ...rest } = fieldsOf(record)
    const { 1: delivered, ...deliveredRest } = fieldsOf(encodeDelivery(record, 2, 'structured'))
    expect(deliveredRest).toEqual({ ...rest, 5: 2 })
    expect(delivered).not.toEqual(stored)
  })

  /** Of the ReadEvent inside. */
  function fieldsOf(message: Buffer): Record<number, number | string> {
    const outer = new ProtoReader(message)
    outer.next()
    const reader = outer.message()
    const fields: Record<number, number | string> = {}
    while (reader.next()) fields[reader.field] = reader.isBytes ? reader.bytes().toString('hex') : reader.uint()
    return fields
  }
})

describe('a message of a consumer', () => {
  test('names events by text or by halves', () => {
    const id = '01234567-89ab-4def-8123-456789abcdef'
    const ack = encodeMessage((writer) =>
      writer.message(2, (body) => {
        body.message(2, (uuid) => uuid.text(2, id))
        body.message(2, (uuid) =>
          uuid.message(1, (halves) => {
            halves.int64(1, 0x0123456789ab4defn)
            halves.int64(2, 0x8123456789abcdefn)
          }),
        )
      }),
    )
    expect(decodeConsumerRequest(ack)).toEqual({ kind: 'ack', ids: [id, id] })
  })

  test('asks for at least one message at a time', () => {
    const options = request((writer) => {
      writeStreamIdentifier(writer, 1, 'work')
      writer.text(2, 'workers')
    })
    expect(() => decodeConsumerRequest(options)).toThrow('buffer size is 0')
  })
})
