import { expect, test } from 'bun:test'
import { toPosition } from '#kernel/position.ts'
import { createRebuildProgress } from './rebuild-progress.ts'

const at = (bytes: number) => toPosition(BigInt(bytes), BigInt(bytes))
const head = at(10_000)

/** A rebuild that passes so many bytes of the log in each half second. */
function after(steps: readonly number[], rowsToFinish = 0) {
  let now = 0
  let passed = 0
  const progress = createRebuildProgress(() => now)
  let eta = progress.note({ position: at(0), head, eventCount: 0, rowCount: 0, rowsToFinish })
  for (const bytes of steps) {
    now += 500
    passed += bytes
    eta = progress.note({ position: at(passed), head, eventCount: passed / 10, rowCount: 0, rowsToFinish })
  }
  return eta
}

test('nobody knows how long it takes before anything was read', () => {
  expect(after([])).toMatchObject({ share: 0, etaSeconds: null, etaSecondsMin: null, etaSecondsMax: null })
})

test('what is left takes as long as what was done, by the bytes of the log', () => {
  const eta = after([500, 500])
  expect(eta).toMatchObject({ share: 0.1, eventsPerSecond: 100 })
  expect(eta.etaSeconds).toBeCloseTo(9)
})

test('rows that indexes and the proof have still to go through count', () => {
  const eta = after([500, 500], 100_000)
  expect(eta.etaSeconds).toBeCloseTo(11)
  expect(eta.share).toBeCloseTo(1 / 12)
})

test('the range is as wide as the pace is unsteady, and never pretends to be exact', () => {
  const steady = after([500, 500, 500, 500])
  const unsteady = after([900, 100, 900, 100])
  expect(steady.etaSecondsMin).toBeCloseTo((steady.etaSeconds ?? 0) * 0.9)
  expect(steady.etaSecondsMax).toBeCloseTo((steady.etaSeconds ?? 0) * 1.1)
  expect(unsteady.etaSecondsMax ?? 0).toBeGreaterThan((unsteady.etaSeconds ?? 0) * 1.5)
})

test('time that was not spent working says nothing about the pace', () => {
  let now = 0
  const progress = createRebuildProgress(() => now)
  const note = (position: number) =>
    progress.note({ position: at(position), head, eventCount: 0, rowCount: 0, rowsToFinish: 0 })
  note(0)
  now = 500
  note(500)
  progress.skip()
  now = 60_000
  note(500)
  now = 60_500
  expect(note(1_000).etaSeconds).toBeCloseTo(9)
})
