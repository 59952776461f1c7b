import { expect, test } from 'bun:test'
import { toPoints } from './sparkline.tsx'

test('the newest value stands at the right edge, and the largest reaches the top', () => {
  const points = toPoints([0, 5, 10], 3, 1)
  expect(points).toEqual(['0,44', '120,23', '240,2'])
})

test('fewer values than fit stand at the right; more lose the oldest', () => {
  expect(toPoints([1, 1], 5, 1).map((point) => Number(point.split(',')[0]))).toEqual([180, 240])
  expect(toPoints([9, 1, 1], 2, 1)).toEqual(['0,2', '240,2'])
})

test('small values do not fill the height', () => {
  expect(toPoints([0.1, 0.1], 2, 10)[0]).toBe('0,43.6')
})
