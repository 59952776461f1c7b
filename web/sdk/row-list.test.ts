import { expect, test } from 'bun:test'
import { compareRows } from '#vortex/protocol/row.ts'
import { changedFields, findPlace } from './row-list.ts'

test('a place is found in order, for rows that are there and rows to come', () => {
  const rows = [1, 3, 5].map((n) => ({ n, id: String(n) }))
  const compare = compareRows(['n'], ['id'])
  expect([0, 1, 2, 3, 5, 9].map((n) => findPlace(rows, { n, id: String(n) }, compare))).toEqual([0, 0, 1, 1, 2, 3])
})

test('only fields that differ are changed, lists by their content', () => {
  const before = { id: 'a', tags: ['x'], count: 1, gone: true, none: null }
  expect(changedFields(before, { id: 'a', tags: ['x'], count: 2, none: null })).toEqual({ count: 2, gone: undefined })
  expect(changedFields(before, { ...before, tags: ['x', 'y'] })).toEqual({ tags: ['x', 'y'] })
})
