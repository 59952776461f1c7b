import { expect, test } from 'bun:test'
import { type CallRow, failureWords, isCallFound, sumWords } from './call-looks.ts'

const row: CallRow = {
  id: 'logic-1/calls.Repeat/agent-1',
  name: 'calls.Repeat',
  plugin: 'calls',
  listensOn: 'agent',
  instance: 'agent-1',
  instanceName: 'north',
  zone: 'dmz',
  seenBy: 'logic',
  seenByInstance: 'logic-1',
  ratePerSecond: 2,
  inFlight: 1,
  callCount: 40,
  p50Ms: 1.2,
  p99Ms: 9,
  failureCount: 4,
  unknownCalleeCount: 0,
  wrongCallerCount: 0,
  badInputCount: 0,
  timeoutCount: 1,
  unavailableCount: 3,
  tooLargeCount: 0,
  tooManyCount: 0,
  cancelledCount: 0,
  failedCount: 0,
  lastFailure: 'no reply came',
  lastFailureAt: 5,
  lastCallAt: 6,
}

test('failures are said by kind, the most frequent first', () => {
  expect(failureWords(row)).toBe('3 not reachable, 1 too late')
  expect(failureWords({ ...row, timeoutCount: 0, unavailableCount: 0 })).toBe('')
})

test('a call is found by any words that the page says of it, in any order and case', () => {
  for (const typed of ['', 'repeat', 'DMZ agent', 'not reachable', 'north calls', 'no reply'])
    expect(isCallFound(row, typed)).toBe(true)
  expect(isCallFound(row, 'repeat office')).toBe(false)
  expect(isCallFound({ ...row, listensOn: '', instanceName: '' }, 'nobody')).toBe(true)
})

test('the sum of what is shown is one sentence', () => {
  expect(sumWords([row, row])).toBe('80 calls, 2 under way, 8 failed')
  expect(sumWords([{ ...row, callCount: 1, inFlight: 0, failureCount: 0 }])).toBe('1 call, 0 under way, none failed')
})
