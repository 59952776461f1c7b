import { expect, test } from 'bun:test'
import { createRebuildPace } from './rebuild-pace.ts'

const well = { lagMs: 0, loopDelayMs: 1 }
const work = { eventCount: 1_000, workMs: 100 }

test('a rebuild that nobody limits does not rest', () => {
  expect(createRebuildPace(null).restMs(work)).toBe(0)
})

test('a rate somebody set is kept, and taken away again', () => {
  const pace = createRebuildPace(2_000)
  expect(pace.restMs(work)).toBe(400)
  pace.setRateMax(null)
  expect(pace.restMs(work)).toBe(0)
})

test('live work that suffers gets more and more room, down to a tenth for the rebuild', () => {
  const pace = createRebuildPace(null)
  pace.noteLive({ lagMs: 0, loopDelayMs: 200 })
  expect(pace.restMs(work)).toBe(100)
  pace.noteLive({ lagMs: 5_000, loopDelayMs: 0 })
  expect(pace.restMs(work)).toBe(300)
  for (let times = 0; times < 20; times++) pace.noteLive({ lagMs: 5_000, loopDelayMs: 0 })
  expect(pace.restMs(work)).toBeCloseTo(900)
})

test('live work that fares well again gives the room back, step by step', () => {
  const pace = createRebuildPace(null)
  pace.noteLive({ lagMs: 5_000, loopDelayMs: 0 })
  pace.noteLive(well)
  expect(pace.restMs(work)).toBeCloseTo(60)
  for (let times = 0; times < 10; times++) pace.noteLive(well)
  expect(pace.restMs(work)).toBe(0)
})
