import { describe, expect, test } from 'bun:test'
import { logStart, toPosition } from '#kernel/position.ts'
import { ReadAnswers } from './read-answer.ts'
import { encodeField } from './wire-message.ts'

const message = (...fields: Buffer[]) => Buffer.concat(fields)
const entry = (name: string, value: string) => encodeField(6, message(encodeField(1, name), encodeField(2, value)))
const id = encodeField(1, encodeField(2, 'e'))

const record = (...more: Buffer[]) =>
  message(
    id,
    encodeField(2, encodeField(3, 'inbox.Task-ü')),
    encodeField(3, 7),
    encodeField(4, 300),
    encodeField(5, 4_000_000_000_000),
    entry('created', '17000000000001234'),
    entry('type', 'inbox.TaskDone'),
    ...more,
  )
const json = entry('content-type', 'application/json')
const answer = (...event: Buffer[]) => encodeField(1, message(...event, encodeField(3, 9)))

const decode = (bytes: Buffer) => new ReadAnswers().decode(bytes, 0, bytes.length)

test('an event is read with all it has', () => {
  const bytes = answer(encodeField(1, record(json, encodeField(7, '{"user":"u"}'), encodeField(8, '{"a":1}'))))
  expect(decode(bytes)).toEqual({
    id: 'e',
    type: 'inbox.TaskDone',
    data: { a: 1 },
    metadata: { user: 'u' },
    stream: 'inbox.Task-ü',
    revision: 7,
    position: toPosition(4_000_000_000_000n, 300n),
    storedAt: 1_700_000_000_000,
  })
})

test('a copy of an event has its metadata too', () => {
  const event = decode(answer(encodeField(1, record(json, encodeField(7, '{"user":"u"}')))))
  expect({ ...event, data: {} }).toMatchObject({ metadata: { user: 'u' }, type: 'inbox.TaskDone' })
  expect(JSON.parse(JSON.stringify(event))).toMatchObject({ metadata: { user: 'u' } })
})

test.each([
  ['bytes', message(encodeField(8, Buffer.from([0, 255]))), { data: { base64: 'AP8=' }, metadata: {} }],
  ['JSON that is no object', message(json, encodeField(8, '[1]'), encodeField(7, '[1]')), { data: {}, metadata: {} }],
  [
    'no JSON at all',
    message(json, encodeField(8, 'not {'), encodeField(7, 'not {')),
    { data: {}, metadata: { base64: 'bm90IHs=' } },
  ],
  ['nothing', json, { data: {}, metadata: {} }],
  ['an odd time', entry('created', 'noon'), { storedAt: 0 }],
])('%s never breaks a reader', (_, more, wanted) => {
  expect(decode(answer(encodeField(1, record(more))))).toMatchObject(wanted)
})

test('an event without a place stands before all others', () => {
  expect(decode(answer(encodeField(1, id)))).toMatchObject({ position: logStart, type: '', stream: '', revision: 0 })
})

test('of a link and the event it leads to, the event counts; a link that leads nowhere counts itself', () => {
  const link = encodeField(2, message(encodeField(1, encodeField(2, 'l'))))
  expect(decode(answer(encodeField(1, record()), link))).toMatchObject({ id: 'e' })
  expect(decode(answer(link))).toMatchObject({ id: 'l' })
})

test('types that look alike are not mistaken for each other', () => {
  const answers = new ReadAnswers()
  const typed = ['a.Xb', 'a.Yb', 'a.Xb', 'a.Yb', 'long.er'].map((type) => {
    const bytes = answer(encodeField(1, message(id, entry('type', type))))
    return answers.decode(bytes, 0, bytes.length)?.type
  })
  expect(typed).toEqual(['a.Xb', 'a.Yb', 'a.Xb', 'a.Yb', 'long.er'])
})

describe('what is no event of ours', () => {
  test('answers about the log are left out', () => {
    for (const field of [2, 3, 4, 5, 6, 7, 8, 9]) expect(decode(encodeField(field, encodeField(1, 1)))).toBeUndefined()
    expect(decode(Buffer.alloc(0))).toBeUndefined()
  })

  test('bytes that are no message, an id in another form and a position beyond all numbers are refused', () => {
    const structured = encodeField(1, encodeField(1, encodeField(1, 5)))
    const beyond = Buffer.from([0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])
    const endless = Buffer.alloc(30, 0xff)
    for (const bytes of [answer(encodeField(1, structured)), answer(encodeField(1, record(beyond))), endless])
      expect(() => decode(bytes)).toThrow(RangeError)
    const whole = answer(encodeField(1, record(json, encodeField(8, '{"a":1}'))))
    expect(() => decode(whole.subarray(0, 40))).toThrow(RangeError)
  })
})
