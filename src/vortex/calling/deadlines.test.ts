import { expect, test } from 'bun:test'
import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import { createDeadlines } from './deadlines.ts'

test('each is met when it is due, those of one length in the order they were made', () => {
  const { clock, deadlines, met } = setUp()
  deadlines.after(100, met('a'))
  clock.advance(50)
  deadlines.after(100, met('b'))
  deadlines.after(20, met('c'))
  clock.advance(49)
  expect(met.names).toEqual(['c'])
  clock.advance(1)
  expect(met.names).toEqual(['c', 'a'])
  clock.advance(50)
  expect(met.names).toEqual(['c', 'a', 'b'])
})

test.each([
  [0, ['b', 'c']],
  [1, ['a', 'c']],
  [2, ['a', 'b']],
])(
  'one that is forgotten is not met, whether it is number %p or another, and forgetting it twice is nothing',
  (at, left) => {
    const { clock, deadlines, met } = setUp()
    const forget = ['a', 'b', 'c'].map((name) => deadlines.after(100, met(name)))
    forget[at]?.()
    forget[at]?.()
    clock.advance(100)
    expect(met.names).toEqual(left)
  },
)

test('a clock that is set back or forward makes none of them early or late, nor those made after it', () => {
  const { clock, deadlines, met } = setUp()
  const settable = { ...clock, now: () => clock.now() + setBy, elapsed: clock.now }
  let setBy = 0
  const own = createDeadlines(settable)
  own.after(100, met('before'))
  setBy = -3_600_000
  own.after(100, met('set back'))
  clock.advance(99)
  setBy = 3_600_000
  own.after(100, met('set forward'))
  expect(met.names).toEqual([])
  clock.advance(1)
  expect(met.names).toEqual(['before', 'set back'])
  clock.advance(99)
  expect(met.names).toEqual(['before', 'set back', 'set forward'])
  deadlines.stop()
})

test('a hundred thousand that are forgotten leave one timer, and none after it', () => {
  const { clock, deadlines, met, timers } = setUp()
  for (let count = 0; count < 100_000; count++) deadlines.after(100, met('x'))()
  expect(timers()).toBe(1)
  clock.advance(100)
  expect([timers(), met.names.length]).toEqual([0, 0])
  deadlines.after(100, met('y'))
  deadlines.stop()
  expect(timers()).toBe(0)
})

function setUp() {
  const fake = createFakeClock()
  let timerCount = 0
  const clock: FakeClock = {
    ...fake,
    after: (delayMs, work) => {
      timerCount += 1
      const cancel = fake.after(delayMs, () => {
        timerCount -= 1
        work()
      })
      return () => {
        timerCount -= 1
        cancel()
      }
    },
  }
  const names: string[] = []
  const met = Object.assign((name: string) => () => void names.push(name), { names })
  return { clock, deadlines: createDeadlines(clock), met, timers: () => timerCount }
}
