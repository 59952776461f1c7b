import { describe, expect, test } from 'bun:test'
import { createEventFilter } from './event-filter.ts'

const event = { type: 'Ordered', streamName: 'shop-1' }

describe('an event filter', () => {
  test('takes any of its prefixes', () => {
    expect(createEventFilter({ on: 'event-type', prefixes: ['X', 'Ord'], regex: '' })(event)).toBe(true)
    expect(createEventFilter({ on: 'event-type', prefixes: ['shop'], regex: '' })(event)).toBe(false)
    expect(createEventFilter({ on: 'stream-name', prefixes: ['shop-'], regex: '' })(event)).toBe(true)
  })

  test('takes what its regular expression finds', () => {
    expect(createEventFilter({ on: 'stream-name', prefixes: [], regex: '-\\d$' })(event)).toBe(true)
    expect(
      createEventFilter({ on: 'event-type', prefixes: [], regex: '^[^$].*' })({ ...event, type: '$metadata' }),
    ).toBe(false)
  })

  test('refuses a filter that says nothing or does not compile', () => {
    expect(() => createEventFilter({ on: 'event-type', prefixes: [], regex: '' })).toThrow('neither prefixes')
    expect(() => createEventFilter({ on: 'event-type', prefixes: [], regex: '(' })).toThrow('does not compile')
  })
})
