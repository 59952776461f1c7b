import { expect, test } from 'bun:test'
import { createSavePace } from './save-pace.ts'

test('saves come no closer than the least time between them', () => {
  let now = 0
  const pace = createSavePace({ now: () => now, everyMsMin: 2_000 })
  expect(pace.isDue()).toBe(false)
  now = 2_000
  expect(pace.isDue()).toBe(true)
  pace.noteSave(50)
  now = 3_999
  expect(pace.isDue()).toBe(false)
})

test('a save that takes long is followed by ten times as long without one', () => {
  let now = 0
  const pace = createSavePace({ now: () => now, everyMsMin: 2_000 })
  pace.noteSave(1_500)
  now = 14_999
  expect(pace.isDue()).toBe(false)
  now = 15_000
  expect(pace.isDue()).toBe(true)
})
