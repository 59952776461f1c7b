import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { EventLog } from './event-log.ts'
import { linkType, recordedEventOf } from './event-record.ts'
import { createLinkResolver, parseLinkText } from './link-resolution.ts'

const clock = createFakeClock(1_000_000)

async function openLog() {
  const log = new EventLog({ storage: new SqliteStorage({ file: ':memory:' }), log: silentLog, clock })
  const append = async (streamName: string, type: string, data: string): Promise<Buffer> => {
    const event = { id: newUuid(), type, contentType: 'text/plain', data: Buffer.from(data), metadata: Buffer.alloc(0) }
    await log.request({ kind: 'append', streamName, expected: 'any', events: [event] })
    const [stored] = log.readAll({ direction: 'backwards', after: -1, before: log.lastPosition + 1 })
    return stored?.record ?? Buffer.alloc(0)
  }
  return { log, append, link: (text: string) => append('links', linkType, text) }
}

/** The parts of a read answer by the protocol's own field numbers. */
function partsOf(answer: Buffer) {
  const outer = new ProtoReader(answer)
  outer.next()
  const reader = outer.message()
  const parts: { event?: Buffer; link?: Buffer; position?: number } = {}
  while (reader.next()) {
    if (reader.field === 1) parts.event = reader.bytes()
    else if (reader.field === 2) parts.link = reader.bytes()
    else if (reader.field === 3) parts.position = reader.uint()
    else reader.skip()
  }
  return parts
}

describe('a resolved link', () => {
  test('shows its target beside itself, byte for byte, at the place of the link', async () => {
    const { log, append, link } = await openLog()
    const target = await append('orders', 'Ordered', 'x'.repeat(300))
    const record = await link('0@orders')
    expect(partsOf(createLinkResolver(log)(record))).toEqual({
      event: recordedEventOf(target),
      link: recordedEventOf(record),
      position: log.lastPosition,
    })
  })

  test('shows itself alone when there is no such event, or none to be seen', async () => {
    const { log, append, link } = await openLog()
    await append('orders', 'Ordered', '0')
    await append('orders', 'Ordered', '1')
    const first = await link('0@orders')
    const alone = (record: Buffer) => ({ link: recordedEventOf(record), position: expect.any(Number) })
    const resolve = createLinkResolver(log)
    for (const text of ['7@orders', '0@nowhere', 'rubbish', '-1@orders', '9223372036854775807@orders', '0@']) {
      const record = await link(text)
      expect({ text, ...partsOf(resolve(record)) }).toEqual({ text, ...alone(record) })
    }
    expect(partsOf(resolve(first)).event).toBeDefined()
    await append('$$orders', '$metadata', '{"$tb":1}')
    expect(partsOf(resolve(first))).toEqual(alone(first))
    await append('$$orders', '$metadata', '{"$maxCount":1}')
    expect(partsOf(resolve(first))).toEqual(alone(first))
    await append('$$orders', '$metadata', '{}')
    expect(partsOf(resolve(first)).event).toBeDefined()
    await append('$$orders', '$metadata', '{"$maxAge":10}')
    clock.advance(10_000)
    expect(partsOf(resolve(first))).toEqual(alone(first))
    await append('$$orders', '$metadata', '{}')
    expect(partsOf(createLinkResolver(log, (streamName) => streamName !== 'orders')(first))).toEqual(alone(first))
    await log.request({ kind: 'tombstone', streamName: 'orders', expected: 'any' })
    expect(partsOf(resolve(first))).toEqual(alone(first))
  })

  test('to another link is that link', async () => {
    const { log, append, link } = await openLog()
    await append('orders', 'Ordered', '0')
    const inner = await link('0@orders')
    expect(partsOf(createLinkResolver(log)(await link('0@links'))).event).toEqual(recordedEventOf(inner))
  })

  test('costs other events nothing: they are the very same bytes, and nothing is looked up', async () => {
    const { append } = await openLog()
    const resolve = createLinkResolver({ findEvent: () => expect.unreachable('an event that is no link is looked up') })
    for (const type of ['Ordered', '$>>', '$', '>$', '漢'.repeat(60)]) {
      const record = await append('orders', type, '0@orders')
      expect(resolve(record)).toBe(record)
    }
  })
})

test('the text of a link names a revision and a stream, whatever is in the stream name', () => {
  expect(parseLinkText('12@a@b\n-1')).toEqual({ revision: 12, streamName: 'a@b\n-1' })
  expect(parseLinkText('9999999999999999@a')).toBeUndefined()
})
