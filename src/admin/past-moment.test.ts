import { expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { logStart, parsePosition, toPosition } from '#kernel/position.ts'
import { added, recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { parseMoment, resolveMoment } from './past-moment.ts'

test('a moment is written as a time, a place in the log, or the place before an event', () => {
  const position = toPosition(12n, 12n)
  expect(parseMoment('at', undefined)).toEqual({ kind: 'now' })
  expect(parseMoment('at', '2026-11-17T14:05:00+01:00')).toEqual({ kind: 'time', instant: 1_794_920_700_000 })
  expect(parseMoment('at', '2026-11-17 13:05')).toEqual({ kind: 'time', instant: 1_794_920_700_000 })
  expect(parseMoment('at', '1794920700000')).toEqual({ kind: 'time', instant: 1_794_920_700_000 })
  expect(parseMoment('at', '2026-11-17')).toEqual({ kind: 'time', instant: Date.UTC(2026, 10, 17) })
  expect(parseMoment('at', position)).toEqual({ kind: 'with', position })
  expect(parseMoment('at', `before:${position}`)).toEqual({ kind: 'before', position })
})

test('anything else is refused with what was wanted', () => {
  for (const text of ['last week', 'before:now', '2026-13-45', 'before:', '9'.repeat(20)])
    expect(() => parseMoment('at', text)).toThrow(`at is "${text}": wanted a time`)
})

test('a place behind the end of the log is its end', async () => {
  const store = createMemoryEventStore()
  await recordEvents(store, 'a', [added('a', 1)])
  const position = must(parsePosition('00000000009999999999'), 'it could be one')
  expect(await resolveMoment(store, { kind: 'with', position })).toBe(await store.head())
})

test('just before the first event is the start of the log', async () => {
  const store = createMemoryEventStore()
  await recordEvents(store, 'a', [added('a', 1), added('a', 2)])
  const [first, second] = store.log.map(({ position }) => must(position, 'recorded'))
  expect(await resolveMoment(store, { kind: 'before', position: must(first, 'it is') })).toBe(logStart)
  expect(await resolveMoment(store, { kind: 'before', position: must(second, 'it is') })).toBe(must(first, 'it is'))
  expect(await resolveMoment(store, { kind: 'now' })).toBe(must(second, 'it is'))
})
