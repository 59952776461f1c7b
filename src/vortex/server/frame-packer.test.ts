import { expect, test } from 'bun:test'
import { gzipFromBytes } from '../protocol/limits.ts'
import { createFramePacker, unpackFrame } from './frame-packer.ts'

const large = 'é'.repeat(gzipFromBytes)

test('small frames stay text; large ones are compressed, once for all who get them', () => {
  const pack = createFramePacker()
  expect(pack('small')).toBe('small')
  const packed = pack(large)
  expect(packed).toBeInstanceOf(Uint8Array)
  expect(pack(large)).toBe(packed)
  expect(packed instanceof Uint8Array && unpackFrame(packed, 1_000_000)).toEqual({ ok: true, value: large })
})

test('V4 a bomb is refused at the bound, not after it', () =>
  expect(unpackFrame(Bun.gzipSync('0'.repeat(10_000_000)), 1_000).ok).toBe(false))

test('S3 what is no gzip, or no text, is refused', () => {
  expect(unpackFrame(new Uint8Array([1, 2, 3]), 1_000).ok).toBe(false)
  expect(unpackFrame(Bun.gzipSync(new Uint8Array([0xff, 0xfe])), 1_000).ok).toBe(false)
})
