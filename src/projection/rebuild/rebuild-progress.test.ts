import { expect, test } from 'bun:test'
import { createSeededRandom } from '#kernel/random.ts'
import { createRebuildProgress } from './rebuild-progress.ts'

const toRead = 10_000

/** A rebuild that reads so much in each half second, with so many rows of each hundred. */
function after(steps: readonly number[], rowsAHundred = 0) {
  let now = 0
  let passed = 0
  const progress = createRebuildProgress(() => now)
  const work = () => ({ toRead, eventCount: passed / 10, rowCount: (passed / 100) * rowsAHundred, finishShare: 1 })
  let eta = progress.note({ ...work(), read: 0 })
  for (const bytes of steps) {
    now += 500
    passed += bytes
    eta = progress.note({ ...work(), read: passed })
  }
  return eta
}

test('nobody knows how long it takes before anything was read', () => {
  expect(after([])).toMatchObject({ share: 0, etaSeconds: null, etaSecondsMin: null, etaSecondsMax: null })
})

test('what is left to read takes as long as what was read', () => {
  const eta = after([500, 500])
  expect(eta).toMatchObject({ share: 0.1, eventsPerSecond: 100 })
  expect(eta.etaSeconds).toBeCloseTo(9)
})

test('rows that indexes and the proof have still to go through count, also those that are still to come', () => {
  // 100 events a second, so a row takes as long as it may: 0.05 ms, for 20,000 rows at the end.
  const eta = after([500, 500], 200)
  expect(eta.etaSeconds).toBeCloseTo(10)
  expect(eta.share).toBeCloseTo(1 / 11)
})

test('how slow the beginning was is forgotten', () => {
  expect(after([50, 500, 500]).etaSeconds).toBeCloseTo(8.95)
  // Of twelve slow and twelve fast samples the last six count.
  const [slow, fast] = [Array<number>(12).fill(50), Array<number>(12).fill(400)]
  expect(after([...slow, ...fast]).etaSeconds).toBeCloseTo((10_000 - 5_400) / 800)
})

test('of pieces that take seconds each, only those of the first ten seconds are forgotten', () => {
  let at = 0
  const progress = createRebuildProgress(() => at)
  const note = (read: number) =>
    progress.note({ read, toRead: 100_000, eventCount: read, rowCount: 0, finishShare: 0 }).etaSeconds
  let [read, eta] = [0, note(0)]
  // Nine seconds at half the pace, then forty at a pace that goes up and down.
  for (const [ms, events] of [
    ...Array(3).fill([3_000, 300]),
    ...Array(8).fill([2_000, 500]),
    ...Array(8).fill([3_000, 500]),
  ]) {
    at += ms
    read += events
    eta = note(read)
  }
  expect(eta).toBeCloseTo(((100_000 - 8_900) * 40) / 8_000)
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
  const note = (read: number) => progress.note({ read, toRead, eventCount: 0, rowCount: 0, finishShare: 1 })
  note(0)
  now = 500
  note(500)
  progress.skip()
  now = 60_000
  note(500)
  now = 60_500
  expect(note(1_000).etaSeconds).toBeCloseTo(9)
})

/** A rebuild as it was measured: slow to begin, saved now and then, finished row by row, on a machine of some speed. */
function simulate(options: {
  readonly eventMs: number
  readonly isSaturated?: boolean
  readonly liveEventsPerSecond?: number
  readonly random: () => number
}) {
  const { eventMs, isSaturated = false, liveEventsPerSecond = 0, random } = options
  const [wanted, bytesAnEvent, pageCount] = [1_000_000, 600, 8_000]
  let now = 0
  let done = 0
  let savedAt = 0
  let promised: { readonly now: number; readonly etaMs: number } | undefined
  const progress = createRebuildProgress(() => now)
  const ending = () => wanted + (now / 1_000) * liveEventsPerSecond
  const rows = () => (isSaturated ? Math.min(done / 2, 40_000) : done / 10)
  const note = () => {
    const eta = progress.note({
      read: done * bytesAnEvent,
      toRead: Math.floor(ending()) * bytesAnEvent,
      eventCount: done,
      rowCount: rows(),
      finishShare: 1,
    })
    if (eta.share >= 0.1 && eta.etaSeconds !== null) promised ??= { now, etaMs: eta.etaSeconds * 1_000 }
  }
  now += 300
  for (note(); done < ending(); note()) {
    const count = Math.min(pageCount, Math.ceil(ending() - done))
    const coldness = 1 + 1.5 * Math.exp(-done / 16_000)
    now += count * eventMs * coldness * (0.9 + 0.2 * random())
    done += count
    if (now - savedAt < (2_000 / 0.01) * eventMs) continue
    now += (now - savedAt) * 0.05
    savedAt = now
  }
  now += rows() * eventMs * 1.3
  return promised ? promised.etaMs / (now - promised.now) : Number.NaN
}

test.each([
  ['a quiet machine', { eventMs: 0.01 }],
  ['a machine at its limits', { eventMs: 0.06 }],
  ['rows that were all there early', { eventMs: 0.01, isSaturated: true }],
  ['live traffic', { eventMs: 0.02, liveEventsPerSecond: 5_000 }],
])('after the first tenth the estimate is right within 15 %%: %s', (_, options) => {
  for (let seed = 1; seed <= 20; seed++) {
    const ratio = simulate({ ...options, random: createSeededRandom(seed) })
    expect(Math.abs(ratio - 1), `seed ${seed}: ${ratio}`).toBeLessThan(0.15)
  }
})
