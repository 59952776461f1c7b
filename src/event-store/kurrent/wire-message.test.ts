import { expect, test } from 'bun:test'
import { decodeFields, encodeField, messagesIn, numberIn, textIn } from './wire-message.ts'

test('what was encoded is found again: numbers, texts and messages', () => {
  const inner = Buffer.concat([encodeField(1, 'größe'), encodeField(2, 300)])
  const fields = decodeFields(Buffer.concat([encodeField(7, inner), encodeField(7, inner), encodeField(3, 2 ** 40)]))
  expect(messagesIn(fields, 7).map((message) => [textIn(message, 1), numberIn(message, 2)])).toEqual([
    ['größe', 300],
    ['größe', 300],
  ])
  expect(numberIn(fields, 3)).toBe(2 ** 40)
  expect([textIn(fields, 9), numberIn(fields, 9)]).toEqual(['', 0])
})

test('fields of kinds nobody asks for are stepped over', () => {
  const fixed = Buffer.from([0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4])
  expect(textIn(decodeFields(Buffer.concat([fixed, encodeField(4, 'x')])), 4)).toBe('x')
})

test('bytes that are no message are refused', () => {
  for (const bytes of [[0x0a, 0x05, 1], [0x80], [0x0b], [0x08, ...Array.from({ length: 11 }, () => 0xff)]])
    expect(() => decodeFields(Buffer.from(bytes))).toThrow(RangeError)
})
