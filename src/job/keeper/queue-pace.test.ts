import { expect, test } from 'bun:test'
import { createQueuePace } from './queue-pace.ts'

test('of a queue as many may be ready ahead as it ends in a quarter of a second', () => {
  const pace = createQueuePace()
  for (let n = 0; n < 400; n++) pace.note('a.Short', 10_000 + n * 2.5)
  expect(pace.aheadOf('a.Short', 11_000)).toBe(100)
  expect(pace.aheadOf('a.Other', 11_000)).toBe(0)
})

test('a queue that has ended nothing lately has none ahead', () => {
  const pace = createQueuePace()
  for (let n = 0; n < 400; n++) pace.note('a.Short', 10_000)
  expect(pace.aheadOf('a.Short', 10_400)).toBe(200)
  expect(pace.aheadOf('a.Short', 10_900)).toBe(200)
  expect(pace.aheadOf('a.Short', 11_100)).toBe(0)
})

test('a clock that was set back makes no queue faster than it is', () => {
  const pace = createQueuePace()
  for (let n = 0; n < 400; n++) pace.note('a.Short', 10_000_000)
  expect(pace.aheadOf('a.Short', 10_000)).toBe(0)
})
