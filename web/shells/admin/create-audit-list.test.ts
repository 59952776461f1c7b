import { expect, test } from 'bun:test'
import type { FoundEvent } from './audit-api.ts'
import { countWords, newerWords } from './create-audit-list.ts'

const events = (count: number) => Array.from({ length: count }, () => ({}) as FoundEvent)

test('newer events are counted up to a page', () => {
  expect(newerWords({ events: [], next: null })).toBeUndefined()
  expect(newerWords({ events: events(2), next: null })).toBe('2')
  expect(newerWords({ events: events(50), next: 'p' })).toBe('50+')
})

test('a count that was not carried through says so', () => {
  expect(countWords({ count: 1, isMore: false })).toBe('1 event')
  expect(countWords({ count: 0, isMore: false })).toBe('0 events')
  expect(countWords({ count: 10_000, isMore: true })).toMatch(/^More than 10.000 events$/)
})
