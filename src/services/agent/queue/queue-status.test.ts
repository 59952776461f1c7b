import { expect, test } from 'bun:test'
import { type QueueStatus, toQueueGauges, toQueueHealth, toQueueTrouble } from './queue-status.ts'

const fine: QueueStatus = {
  waitingCount: 2,
  waitingBytes: 900,
  oldestPutAt: 10_000,
  obstacle: null,
  refusedCount: 1,
  deliveredCount: 7,
  isFull: false,
  trouble: undefined,
  putAside: [],
}

test('actions that wait are no trouble, and the health says since when', () => {
  expect(toQueueTrouble(fine, 900_000)).toBeNull()
  expect(toQueueHealth(fine, 14_000)).toEqual({
    name: 'queue',
    state: 'ready',
    words: '2 wait for logic, the oldest for 4 s; 1 were refused and their plugin has not heard of it',
  })
})

test('a full queue, a disk that takes nothing and a file put aside are troubles', () => {
  const ill = { ...fine, isFull: true, trouble: 'the disk is full', putAside: ['/home/a.damaged-1'] }
  expect(toQueueTrouble(ill, 0)).toMatch(/the disk is full; full: .*; a damaged file .*a\.damaged-1/)
  expect(toQueueHealth(ill, 0)).toMatchObject({ state: 'degraded', isApart: false })
  expect(toQueueHealth({ ...fine, putAside: ill.putAside }, 0)).toMatchObject({ state: 'degraded', isApart: true })
})

test('what logic does not take is a trouble when it has waited for long, and not before', () => {
  const heldUp = { ...fine, obstacle: 'test.SetLevel, last answered: Something broke.' }
  expect(toQueueTrouble(heldUp, 60_000)).toBeNull()
  expect(toQueueTrouble(heldUp, 80_000)).toBe('logic does not take test.SetLevel, last answered: Something broke.')
})

test('no age is below nothing, also when the clock was set back', () => {
  expect(toQueueGauges(fine, 0)).toMatchObject({ queue_oldest_seconds: 0, queue_delivered_actions: 7 })
})
