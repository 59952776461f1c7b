import { describe, expect, test } from 'bun:test'
import { createSeededRandom } from '#kernel/random.ts'
import { encodeMessage } from './encode-message.ts'
import { MalformedMessage, ProtoReader } from './proto-reader.ts'

describe('the protobuf codec', () => {
  test('reads back every number it writes, up to the largest safe integer', () => {
    const values = [0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 + 5, 2 ** 45 + 1, Number.MAX_SAFE_INTEGER]
    const reader = new ProtoReader(
      encodeMessage((writer) => {
        for (const value of values) writer.uint(3, value)
      }),
    )
    const read: number[] = []
    while (reader.next()) read.push(reader.uint())
    expect(read).toEqual(values)
  })

  test('keeps negative 64-bit numbers exact', () => {
    const reader = new ProtoReader(encodeMessage((writer) => writer.int64(2, -5n)))
    reader.next()
    expect(BigInt.asIntN(64, reader.uint64())).toBe(-5n)
  })

  test('caps an unsigned number beyond 2^53 instead of losing digits', () => {
    const reader = new ProtoReader(encodeMessage((writer) => writer.int64(1, -1n)))
    reader.next()
    expect(reader.uint()).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('writes nested messages longer than one length byte', () => {
    for (const size of [0, 1, 124, 125, 126, 127, 128, 16_380, 16_390, 200_000]) {
      const body = Buffer.alloc(size, 7)
      const encoded = encodeMessage((writer) =>
        writer.message(1, (outer) => outer.message(2, (inner) => inner.bytes(3, body))),
      )
      const outer = new ProtoReader(encoded)
      outer.next()
      const middle = outer.message()
      middle.next()
      const inner = middle.message()
      inner.next()
      expect(inner.bytes().equals(body)).toBe(true)
      expect(outer.next()).toBe(false)
    }
  })

  test('keeps text of any script', () => {
    const texts = ['', 'plain', 'æøå', '漢字', '👷‍♀️']
    const reader = new ProtoReader(
      encodeMessage((writer) => {
        for (const text of texts) writer.text(9, text)
      }),
    )
    const read: string[] = []
    while (reader.next()) read.push(reader.text())
    expect(read).toEqual(texts)
  })

  test('survives any bytes: a value or MalformedMessage, nothing else', () => {
    const random = createSeededRandom(20_260_101)
    for (let round = 0; round < 5_000; round++) {
      const bytes = Buffer.from(Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256)))
      try {
        const reader = new ProtoReader(bytes)
        while (reader.next()) reader.skip()
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessage)
      }
    }
  })

  test('refuses a field of the wrong wire type', () => {
    const reader = new ProtoReader(encodeMessage((writer) => writer.uint(1, 5)))
    reader.next()
    expect(() => reader.bytes()).toThrow(MalformedMessage)
  })
})
