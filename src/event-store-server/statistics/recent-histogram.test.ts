import { expect, test } from 'bun:test'
import { RecentHistogram } from './recent-histogram.ts'

test('a quantile is never too low, and at most a fifth too high', () => {
  const histogram = new RecentHistogram()
  const lengths = Array.from({ length: 1_000 }, (_, index) => (index + 1) / 10)
  for (const length of lengths) histogram.record(length)
  for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
    const exact = lengths[Math.ceil(lengths.length * share) - 1] ?? 0
    const found = histogram.quantileMs(share) ?? 0
    expect(found).toBeGreaterThanOrEqual(exact * 0.999)
    expect(found).toBeLessThanOrEqual(exact * 1.2)
  }
})

test('what is two periods old is forgotten', () => {
  const histogram = new RecentHistogram()
  histogram.record(5)
  histogram.turn()
  expect(histogram.quantileMs(0.5)).toBeDefined()
  histogram.turn()
  expect(histogram.quantileMs(0.5)).toBeUndefined()
})

test('lengths beyond both ends, and what is no length, land in the outermost buckets', () => {
  const histogram = new RecentHistogram()
  for (const length of [0, -1, Number.NaN, 1e-9]) histogram.record(length)
  expect(histogram.quantileMs(1)).toBe(0.01)
  histogram.record(Number.POSITIVE_INFINITY)
  expect(histogram.quantileMs(1)).toBeGreaterThan(100_000)
})
