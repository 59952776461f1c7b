import { expect, test } from 'bun:test'
import { createRecentChanges } from './recent-changes.ts'
import { commitOf } from './testing/model-projection.ts'

const commit = (to: number, rowCount = 0) =>
  commitOf(
    to - 1,
    to,
    Array.from({ length: rowCount }, (_, index) => ({ k: `k${index}` })),
  )

test('O1 a load finds what was announced on its feed since it began', () => {
  const recent = createRecentChanges(100)
  recent.note('a', [commit(1)])
  const load = recent.begin()
  recent.note('a', [commit(2)])
  recent.note('b', [commit(3)])
  expect([load.since('a'), load.since('b'), load.since('c')]).toEqual([[commit(2)], [commit(3)], []])
})

test('O1 loads that overlap each find their own', () => {
  const recent = createRecentChanges(100)
  const first = recent.begin()
  recent.note('a', [commit(1)])
  const second = recent.begin()
  first.end()
  recent.note('a', [commit(2)])
  expect(second.since('a')).toEqual([commit(2)])
})

test('O5 what is kept is bounded by rows: a load that came before begins again', () => {
  const recent = createRecentChanges(10)
  const early = recent.begin()
  recent.note('a', [commit(1, 5)])
  const late = recent.begin()
  recent.note('a', [commit(2, 5)])
  expect(early.since('a')).toBe('overflow')
  expect(late.since('a')).toEqual([commit(2, 5)])
})

test('O5 one commit beyond the bound is not kept either', () => {
  const recent = createRecentChanges(10)
  const load = recent.begin()
  recent.note('a', [commit(1, 50)])
  expect(load.since('a')).toBe('overflow')
})
