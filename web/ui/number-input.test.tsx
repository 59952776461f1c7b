import { expect, test } from 'bun:test'
import { parseTypedNumber } from './number-input.tsx'

test('a typed number is read with point or comma, and anything else is not a number', () => {
  expect([' 12 ', '1.5', '1,5', '−3', '-0.25'].map(parseTypedNumber)).toEqual([12, 1.5, 1.5, -3, -0.25])
  expect(['', ' ', 'abc', '1 2', '1e999', '12a'].map(parseTypedNumber)).toEqual(Array(6).fill(undefined))
})
