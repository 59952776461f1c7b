import { describe, expect, test } from 'bun:test'
import { createSeededRandom } from '#kernel/random.ts'
import { toScheduleTimes } from './schedule-times.ts'

const at = (text: string): number => Date.parse(text)
const berlin = (cron: string) => toScheduleTimes('test.Nightly', { cron, timeZone: 'Europe/Berlin', input: () => ({}) })

/** The first ones behind an instant, as UTC. */
function firstOf(cron: string, after: string, count: number): string[] {
  const times = berlin(cron)
  const found: string[] = []
  for (let last = at(after); found.length < count; ) {
    const next = times.nextAfter(last)
    if (next === undefined) break
    found.push(new Date(next).toISOString().slice(5, 16))
    last = next
  }
  return found
}

describe('a schedule', () => {
  test('is due once in the night without the hour it names, as soon as that hour would be over', () => {
    expect(firstOf('30 2 * * *', '2026-03-27T12:00:00Z', 3)).toEqual(['03-28T01:30', '03-29T01:00', '03-30T00:30'])
  })

  test('is due once in the night that has its hour twice', () => {
    expect(firstOf('30 2 * * *', '2026-10-23T12:00:00Z', 3)).toEqual(['10-24T00:30', '10-25T00:30', '10-26T01:30'])
  })

  test('of every half hour leaves out none when the clock is set back or ahead', () => {
    const back = firstOf('*/30 * * * *', '2026-10-24T23:50:00Z', 6)
    expect(back).toEqual(['10-25T00:00', '10-25T00:30', '10-25T01:00', '10-25T01:30', '10-25T02:00', '10-25T02:30'])
    expect(firstOf('*/30 * * * *', '2026-03-29T00:10:00Z', 3)).toEqual(['03-29T00:30', '03-29T01:00', '03-29T01:30'])
  })

  test('of a period has the same instants whenever it is looked at', () => {
    const times = toScheduleTimes('test.Often', { everyMs: 5_000, input: () => ({}) })
    expect(times.nextAfter(12_345)).toBe(15_000)
    expect(times.nextAfter(15_000)).toBe(20_000)
    expect(times.lastWithin(12_345, 31_000)).toBe(30_000)
    expect(times.lastWithin(30_000, 31_000)).toBeUndefined()
  })

  test('finds the last instant of a span without walking through all of them', () => {
    const times = berlin('*/7 * * * * *')
    const random = createSeededRandom(7)
    for (let turn = 0; turn < 20; turn++) {
      const after = at('2026-10-24T00:00:00Z') + Math.floor(random() * 172_800_000)
      const until = after + Math.floor(random() * 60_000)
      const walked: number[] = []
      for (let next = times.nextAfter(after); next !== undefined && next <= until; next = times.nextAfter(next))
        walked.push(next)
      expect({ after, until, last: times.lastWithin(after, until) }).toEqual({ after, until, last: walked.at(-1) })
    }
    const year = times.lastWithin(at('2025-01-01T00:00:00Z'), at('2026-01-01T00:00:03Z'))
    expect(year).toBe(at('2026-01-01T00:00:00Z'))
  })

  test('that is never due is due never', () => {
    expect(berlin('0 0 30 2 *').nextAfter(0)).toBeUndefined()
  })

  test('that nobody can read is refused with its job, its pattern and its time zone', () => {
    expect(() => berlin('every now and then')).toThrow(
      /test\.Nightly is "every now and then" in time zone "Europe\/Berlin"/,
    )
    const mars = { cron: '0 2 * * *', timeZone: 'Mars/Base', input: () => ({}) }
    expect(() => toScheduleTimes('test.Nightly', mars)).toThrow(/Mars\/Base/)
  })
})
