import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createSizeFigures } from './size-figures.ts'

test('events are counted now and then, and known in between from what came and went', async () => {
  const clock = createFakeClock()
  const counts = { stored: 100, appended: 0, removed: 0, measured: 0 }
  const figures = createSizeFigures({
    measure: () => {
      counts.measured++
      const eventCount = counts.stored
      return Promise.resolve({
        eventCount,
        streamCount: 0,
        fileBytes: 0,
        logBytes: 0,
        freeBytes: 0,
        canShrink: true,
        lastPosition: 0,
      })
    },
    appendedCount: () => counts.appended,
    removedCount: () => counts.removed,
    streamCount: () => 3,
    clock,
  })
  expect(await figures()).toMatchObject({ 'es-log-eventCount': 100 })
  Object.assign(counts, { stored: 107, appended: 10, removed: 3 })
  clock.advance(2_000)
  expect(await figures()).toMatchObject({ 'es-log-eventCount': 107 })
  expect(counts.measured).toBe(1)
  clock.advance(60_000)
  expect(await figures()).toEqual({ 'es-log-eventCount': 107, 'es-log-streamCount': 3 })
  expect(counts.measured).toBe(2)
})
