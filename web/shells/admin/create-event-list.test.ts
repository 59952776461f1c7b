import { expect, test } from 'bun:test'
import { type AdminEvent, eventPageSize } from './admin-api.ts'
import { countNewer } from './create-event-list.ts'

const page = (...positions: readonly string[]): AdminEvent[] =>
  positions.map((position) => ({
    id: position,
    type: 'tutorial.AddIntValue',
    stream: 'tutorial.StringInt-1',
    revision: 0,
    position,
    recordedAt: 0,
    data: {},
    metadata: {},
  }))

test('newer events are those before the one the list begins with', () => {
  expect(countNewer(page('9', '8', '7'), '7')).toBe('2')
  expect(countNewer(page('9', '8', '7'), '9')).toBeUndefined()
})

test('a list that began empty counts every event', () => {
  expect(countNewer(page('9', '8'), undefined)).toBe('2')
  expect(countNewer([], undefined)).toBeUndefined()
})

test('more newer events than a page holds are not counted further', () => {
  const full = page(...Array.from({ length: eventPageSize }, (_, index) => String(100 - index)))
  expect(countNewer(full, '7')).toBe(`${eventPageSize}+`)
})
