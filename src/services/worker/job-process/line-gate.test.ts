import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createLineGate } from './line-gate.ts'

test('O5 lets so many lines a second through, and says how many it did not', () => {
  const clock = createFakeClock()
  const gate = createLineGate({ clock, countPerSecondMax: 3 })
  const openings = () => Array.from({ length: 5 }, () => gate.isOpen()).filter(Boolean).length
  expect(openings()).toBe(3)
  clock.advance(1_000)
  expect(openings()).toBe(3)
  expect(gate.takeLeftOut()).toEqual(['4 lines were left out: more than 3 a second'])
  expect(gate.takeLeftOut()).toEqual([])
})
