import { expect, test } from 'bun:test'
import { type SlowRead, SlowReads } from './slow-reads.ts'

const read = (lengthMs: number, endedAt = 0): SlowRead => ({
  source: 'orders-1',
  direction: 'forwards',
  from: 'start',
  eventCount: 1,
  lengthMs,
  endedAt,
  peer: '127.0.0.1:1',
})

test('keeps the slowest twenty, slowest first', () => {
  const reads = new SlowReads()
  for (let lengthMs = 1; lengthMs <= 100; lengthMs++) if (reads.isSlow(lengthMs)) reads.add(read(lengthMs))
  expect(reads.list(0).map(({ lengthMs }) => lengthMs)).toEqual(Array.from({ length: 20 }, (_, index) => 100 - index))
  expect(reads.isSlow(80)).toBe(false)
  expect(reads.isSlow(82)).toBe(true)
})

test('a read too fast for anybody to mind is not kept', () => {
  expect(new SlowReads().isSlow(4.9)).toBe(false)
})

test('forgets after ten minutes', () => {
  const reads = new SlowReads()
  reads.add(read(50, 0))
  reads.add(read(40, 60_000))
  expect(reads.list(10 * 60_000 + 1).map(({ lengthMs }) => lengthMs)).toEqual([40])
})
