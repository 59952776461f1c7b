import { expect, test } from 'bun:test'
import { sortRows } from './sort-rows.ts'

test('numbers are sorted by size and names as people count, up or down', () => {
  expect(sortRows([3, 10, 1], (row) => row, true)).toEqual([10, 3, 1])
  expect(sortRows(['w10', 'w2', 'W1'], (row) => row, false)).toEqual(['W1', 'w2', 'w10'])
})

test('rows without a key come last either way, and equal ones stay as they were', () => {
  const rows = [{ at: null }, { at: 2, id: 'a' }, { at: 2, id: 'b' }, { at: 5 }]
  const ids = (isDescending: boolean) => sortRows(rows, ({ at }) => at, isDescending).map((row) => rows.indexOf(row))
  expect([ids(false), ids(true)]).toEqual([
    [1, 2, 3, 0],
    [3, 1, 2, 0],
  ])
})
