import { expect, test } from 'bun:test'
import { testSeed } from './test-seed.ts'

test('the seed of a random test is the one that was given, and any where none was', () => {
  expect(testSeed({ PEEK_SEED: '740200949' })).toBe(740_200_949)
  const any = Array.from({ length: 20 }, () => testSeed({}))
  expect(new Set(any).size).toBeGreaterThan(1)
  expect(any.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31)).toBe(true)
})

test.each(['x', '-1', '1.5', '2147483648', '1e3'])('PEEK_SEED=%s is no seed', (PEEK_SEED) => {
  expect(() => testSeed({ PEEK_SEED })).toThrow(`PEEK_SEED is "${PEEK_SEED}"; it must be a whole number`)
})
