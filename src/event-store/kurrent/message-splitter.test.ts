import { expect, test } from 'bun:test'
import { createSeededRandom } from '#kernel/random.ts'
import { createMessageSplitter } from './message-splitter.ts'

function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

test('however the network cuts them, messages arrive whole and in order', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = createSeededRandom(seed)
    const sent = Array.from({ length: 40 }, (_, index) => Buffer.alloc(Math.floor(random() ** 4 * 3_000), index))
    const bytes = Buffer.concat(sent.map(framed))
    const found: Buffer[] = []
    const take = createMessageSplitter((buffer, start, end) => {
      found.push(Buffer.from(buffer.subarray(start, end)))
    })
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + Math.floor(random() ** 3 * 2_000)
      take(bytes.subarray(at, end))
      at = end
    }
    expect(found, `seed ${seed}`).toEqual(sent)
  }
})

test('a message that arrives whole is looked at where it lies', () => {
  const bytes = framed(Buffer.from('abc'))
  let found: Buffer | undefined
  createMessageSplitter((buffer) => {
    found = buffer
  })(bytes)
  expect(found).toBe(bytes)
})

test('a compressed message is refused', () => {
  const take = createMessageSplitter(() => undefined)
  expect(() => take(Buffer.from([1, 0, 0, 0, 0]))).toThrow(RangeError)
})
