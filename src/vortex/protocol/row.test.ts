import { expect, test } from 'bun:test'
import { compareRows, rowKey, selectorKey } from './row.ts'

test('one text key is its own name; any other key is the canonical list of its fields', () => {
  expect(rowKey({ id: 'a', n: 1 }, ['id'])).toBe('a')
  expect(rowKey({ id: 1 }, ['id'])).toBe('[1]')
  expect(rowKey({ a: 'x', b: 'y' }, ['b', 'a'])).toBe('["y","x"]')
})

test('equal selectors have equal text', () =>
  expect(selectorKey('p.T', { a: 1, b: 2 })).toBe(selectorKey('p.T', { b: 2, a: 1 })))

test('rows order by fields, then by key, nulls first', () => {
  const rows = [
    { id: 'b', n: 2 },
    { id: 'a', n: 2 },
    { id: 'c', n: null },
    { id: 'd', n: 1 },
  ]
  expect(rows.sort(compareRows(['n'], ['id'])).map(({ id }) => id)).toEqual(['c', 'd', 'a', 'b'])
})
