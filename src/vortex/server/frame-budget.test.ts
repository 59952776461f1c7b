import { expect, test } from 'bun:test'
import { createFrameBudget } from './frame-budget.ts'

test('V4 a burst passes, then the sustained rate', () => {
  const budget = createFrameBudget(10, 3, 0)
  const spendAt = (now: number) => budget.spend(now)
  expect([0, 0, 0, 0].map(spendAt)).toEqual([true, true, true, false])
  expect(spendAt(50)).toBe(false)
  expect(spendAt(100)).toBe(true)
  expect([10_000, 10_000, 10_000, 10_000].map(spendAt)).toEqual([true, true, true, false])
})

test('a clock that was set back adds nothing and takes nothing', () => {
  const budget = createFrameBudget(1, 1, 10_000)
  expect(budget.spend(0)).toBe(true)
  expect(budget.spend(0)).toBe(false)
})
