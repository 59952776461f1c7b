import { expect, test } from 'bun:test'
import {
  formatAge,
  formatBytes,
  formatLength,
  formatPosition,
  formatRate,
  formatTimeLeft,
  plainMoment,
} from './format.ts'

test('a length shows one unit, rounded down', () => {
  const shown = [0, 850, 59_999, 60_000, 3_599_999, 3_600_000, 172_800_000].map(formatLength)
  expect(shown).toEqual(['0 s', '850 ms', '59 s', '1 min', '59 min', '1 h', '2 days'])
})

test('the time left has a second unit while one alone would be coarse', () => {
  const shown = [0, 400, 59_001, 84_000, 120_000, 599_000, 600_000, 7_500_000, 200_000_000].map(formatTimeLeft)
  expect(shown).toEqual([
    '0 s',
    '1 s',
    '1 min',
    '1 min 24 s',
    '2 min',
    '9 min 59 s',
    '10 min',
    '2 h 5 min',
    '2 days 7 h',
  ])
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

test('a plain moment has its date only on another day, in digits that can be sorted', () => {
  const at = new Date(2026, 2, 1, 7, 5, 9).getTime()
  expect(plainMoment(at, new Date(2026, 2, 1, 23, 59).getTime())).toBe('07:05:09')
  expect(plainMoment(at, new Date(2026, 2, 2, 0, 0).getTime())).toBe('2026-03-01 07:05:09')
})
