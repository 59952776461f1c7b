import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { AttemptLimits } from './attempt-limits.ts'

/** How many wrong passwords are looked at before the next is refused. */
function triesOf(limits: AttemptLimits, name: (attempt: number) => string, address: string): number {
  for (let count = 0; ; count++) {
    try {
      limits.check(name(count), address)
    } catch {
      return count
    }
    limits.noteWrong(name(count), address)
  }
}

describe('wrong passwords', () => {
  test('of one user at one address are refused after ten, and looked at again with time', () => {
    const clock = createFakeClock(1_000_000)
    const limits = new AttemptLimits(clock)
    expect(triesOf(limits, () => 'ann', '10.0.0.1')).toBe(10)
    expect(() => limits.check('ann', '10.0.0.1')).toThrow('Try again in 6 s')
    clock.advance(12_000)
    expect(triesOf(limits, () => 'ann', '10.0.0.1')).toBe(2)
  })

  test('lock nobody out who calls from elsewhere', () => {
    const limits = new AttemptLimits(createFakeClock())
    triesOf(limits, () => 'ann', '10.0.0.1')
    expect(() => limits.check('ann', '10.0.0.2')).not.toThrow()
    expect(() => limits.check('bob', '10.0.0.1')).not.toThrow()
  })

  test('of many users from one address are refused too', () => {
    const limits = new AttemptLimits(createFakeClock())
    expect(triesOf(limits, (attempt) => `user-${attempt}`, '10.0.0.1')).toBe(50)
  })

  test('are counted right when the clock is put back', () => {
    let now = 1_000_000
    const limits = new AttemptLimits({ now: () => now, after: () => () => undefined })
    triesOf(limits, () => 'ann', '10.0.0.1')
    now = 0
    expect(() => limits.check('ann', '10.0.0.1')).toThrow('Too many')
    now = 6_000
    expect(() => limits.check('ann', '10.0.0.1')).not.toThrow()
  })
})
