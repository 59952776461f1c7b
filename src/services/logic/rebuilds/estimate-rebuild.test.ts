import { describe, expect, test } from 'bun:test'
import { added, recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { sampleLog, toSeconds } from './estimate-rebuild.ts'

const filter = { on: 'stream', prefixes: ['test.'] } as const

/** A log of so many events, and a clock that moves by so much with each look. */
async function setUp(eventCount: number, stepMs: number) {
  const store = createMemoryEventStore()
  for (let left = eventCount; left > 0; left -= 1_000) {
    const events = Array.from({ length: Math.min(left, 1_000) }, () => added('c1', 1))
    await recordEvents(store, 'c1', events)
  }
  let now = 0
  return sampleLog(store, filter, () => (now += stepMs))
}

describe('a sample of the log', () => {
  test('is all of it where that is read in a moment', async () => {
    expect(await setUp(4_500, 1)).toMatchObject({ eventCount: 4_500, isWhole: true })
    expect(await setUp(0, 1)).toMatchObject({ eventCount: 0, isWhole: true })
  })

  test('of a longer one gives about how many there are, from both its ends', async () => {
    const { eventCount, isWhole } = await setUp(20_000, 350)
    expect(isWhole).toBe(false)
    expect(eventCount).toBeGreaterThan(18_000)
    expect(eventCount).toBeLessThan(22_000)
  })
})

describe('the time a rebuild takes', () => {
  test('comes from earlier ones of the same projection, within a narrow range', () => {
    const { seconds, secondsMin, secondsMax } = toSeconds(100_000, { own: [10_000, 11_000], any: [1] }, 1)
    expect(seconds).toBeCloseTo(100_000 / 11_000, 1)
    expect(secondsMin).toBeLessThan(seconds)
    expect(secondsMax / secondsMin).toBeLessThan(2)
  })

  test('is not led astray by one of them that met a busy machine', () => {
    const rates = { own: [13_000, 1_000, 12_800, 13_100, 12_900], any: [] }
    expect(toSeconds(130_000, rates, 1).secondsMax).toBeLessThan(13)
  })

  test('else from those of others, else from how fast events were read, within wider ones', () => {
    const others = toSeconds(100_000, { own: [], any: [10_000] }, 1)
    const none = toSeconds(100_000, { own: [], any: [] }, 20_000)
    expect(others.seconds).toBe(10)
    expect(none.secondsMax / none.secondsMin).toBeGreaterThan(others.secondsMax / others.secondsMin)
  })

  test('is a number also where there is nothing to read', () => {
    expect(toSeconds(0, { own: [], any: [] }, 0)).toEqual({ seconds: 1.5, secondsMin: 1.5, secondsMax: 1.5 })
  })
})
