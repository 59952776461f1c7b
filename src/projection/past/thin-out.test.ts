import { expect, test } from 'bun:test'
import { logStart } from '#kernel/position.ts'
import type { PastCopy } from './past-tables.ts'
import { chooseCopiesToDrop } from './thin-out.ts'

const copy = (eventCount: number, change: Partial<PastCopy> = {}): PastCopy => ({
  projection: 'test.counters',
  schemaName: `peek_past_${eventCount}`,
  position: logStart,
  eventCount,
  rowCount: 10,
  sizeBytes: 100,
  usedAt: 0,
  ...change,
})
const drop = (copies: readonly PastCopy[], sizeBytesMax: number, held: readonly number[] = []) =>
  chooseCopiesToDrop(copies, { sizeBytesMax, now: 3_600_000 }, (one) => held.includes(one.eventCount)).map(
    ({ eventCount }) => eventCount,
  )

test('keeps all copies that fit', () => {
  expect(drop([copy(10), copy(20)], 200)).toEqual([])
})

test('gives up the copy whose loss leaves the smallest gap', () => {
  expect(drop([copy(10), copy(20), copy(22), copy(40), copy(60)], 400)).toEqual([20])
})

test('keeps what was used lately', () => {
  const copies = [copy(10), copy(20, { usedAt: 3_600_000 }), copy(30), copy(40)]
  expect(drop(copies, 300)).not.toContain(20)
})

test('gives up a large copy before many small ones, and never one that is read', () => {
  expect(drop([copy(10), copy(20, { sizeBytes: 1_000 }), copy(30)], 300)).toEqual([20])
  expect(drop([copy(10), copy(20)], 100, [10])).toEqual([20])
  expect(drop([copy(10)], 0, [10])).toEqual([])
})
