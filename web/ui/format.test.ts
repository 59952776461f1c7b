import { expect, test } from 'bun:test'
import { formatAge, formatBytes, formatLength, formatPosition, formatRate } from './format.ts'

test('a length shows one unit, rounded down', () => {
  const shown = [0, 850, 59_999, 60_000, 3_599_999, 3_600_000, 172_800_000].map(formatLength)
  expect(shown).toEqual(['0 s', '850 ms', '59 s', '1 min', '59 min', '1 h', '2 days'])
})

test('an age reads as past, present or future', () => {
  expect([formatAge(0, 12_000), formatAge(12_000, 12_500), formatAge(72_000, 12_000)]).toEqual([
    '12 s ago',
    'just now',
    'in 1 min',
  ])
})

test('a size has at most one decimal and the unit that keeps it short', () => {
  expect([0, 999, 1_200, 150_000_000, 2_500_000_000].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.2 kB',
    '150 MB',
    '2.5 GB',
  ])
})

test('a position shows its digits without the zeros in front', () => {
  expect(formatPosition('00000000000000184320')).toBe('184320')
  expect(formatPosition('00000000000000000000')).toBe('0')
  expect(formatPosition('00000000000000000012.00000000000000000010')).toBe('12.10')
})

test('a rate has a decimal only while it is small', () => {
  expect([0, 0.25, 9.96, 12.4].map(formatRate)).toEqual(['0/s', '0.3/s', '10.0/s', '12/s'])
})
