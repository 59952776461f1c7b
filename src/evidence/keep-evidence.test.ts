import { expect, test } from 'bun:test'
import { matchesFilter } from '#event-store/event-filter.ts'
import { chainedEvents } from './keep-evidence.ts'

test.each([
  ['tutorial.StringInt-1', true],
  ['refusals-tutorial.StringInt-1', true],
  ['peek.JobQueue-tutorial.NegateNumber', true],
  ['changes-tutorial.string-ints', false],
  ['jobs-tutorial.NegateNumber-1', false],
  ['peek.ForgottenJobs', false],
  ['$settings', false],
])('what is kept for good is chained, and nothing that the store may drop: %s %p', (stream, isChained) => {
  expect(matchesFilter(chainedEvents, { stream, type: 'peek.Something' })).toBe(isChained)
})
