import { expect, test } from 'bun:test'
import { createFakeClock, systemClock } from '#kernel/clock.ts'
import { pauseUnlessStopped, Stopped, unlessStopped, within } from './waiting.ts'

const never = new Promise<never>(() => undefined)

test('what is late is given up with the error made for it', async () => {
  const clock = createFakeClock()
  const waiting = within(clock, 10, never, () => new Error('late'))
  clock.advance(10)
  expect(waiting).rejects.toThrow('late')
})

test('what is in time comes through, its failure included', async () => {
  expect(await within(systemClock, 60_000, Promise.resolve(1), () => new Error('late'))).toBe(1)
  expect(within(systemClock, 60_000, Promise.reject(new Error('own')), () => new Error('late'))).rejects.toThrow('own')
})

test('a stop ends every wait at once, and leaves no listener behind', async () => {
  const stopping = new AbortController()
  expect(await unlessStopped(stopping.signal, Promise.resolve(1))).toBe(1)
  const work = unlessStopped(stopping.signal, never)
  const pause = pauseUnlessStopped(createFakeClock(), 10, stopping.signal)
  stopping.abort()
  expect(work).rejects.toBeInstanceOf(Stopped)
  expect(pause).rejects.toBeInstanceOf(Stopped)
  expect(unlessStopped(stopping.signal, Promise.resolve(1))).rejects.toBeInstanceOf(Stopped)
})
