import { describe, expect, test } from 'bun:test'
import { endOfRevisions } from './storage.ts'
import { UnindexedEvents } from './unindexed-events.ts'

const span = (streamId: number, first: number, last: number) =>
  ({ streamId, first, last, direction: 'forwards', eventCountMax: 100 }) as const

function filled(): UnindexedEvents {
  const events = new UnindexedEvents()
  for (let index = 0; index < 12; index++)
    events.add({ position: 100 + index, streamId: index % 3, revision: 7 + Math.floor(index / 3), eventKey: index % 4 })
  return events
}

describe('events that are not indexed yet', () => {
  test('are found by revision, within bounds', () => {
    const events = filled()
    expect(events.positionsIn(span(1, 0, 99))).toEqual([101, 104, 107, 110])
    expect(events.positionsIn(span(1, 8, 9))).toEqual([104, 107])
    expect(events.positionsIn(span(1, 11, 99))).toEqual([])
    expect(events.positionsIn(span(9, 0, 99))).toEqual([])
    expect(events.findHead(2)).toBe(10)
  })

  test('come in the direction and number asked for', () => {
    const events = filled()
    const all = { ...span(1, 0, 99), eventCountMax: 3 }
    expect(events.positionsIn(all)).toEqual([101, 104, 107])
    expect(events.positionsIn({ ...all, direction: 'backwards' })).toEqual([110, 107, 104])
    expect(events.positionsIn({ ...all, last: 8, direction: 'backwards' })).toEqual([104, 101])
  })

  test('are found by key, oldest first, and only in the stream asked for', () => {
    const events = filled()
    events.add({ position: 200, streamId: 1, revision: 11, eventKey: 1 })
    expect(events.positionsWithKey(1, 1, 9)).toEqual([101, 200])
    expect(events.positionsWithKey(1, 1, 1)).toEqual([200])
    expect(events.positionsWithKey(1, 77, 9)).toEqual([])
  })

  test('leave nothing behind when they are undone', () => {
    const events = filled()
    events.add({ position: 200, streamId: 1, revision: 11, eventKey: 1 })
    events.add({ position: 201, streamId: 50, revision: 0, eventKey: 90 })
    events.truncate(12)
    expect(events.count).toBe(12)
    expect(events.positionsWithKey(1, 1, 9)).toEqual([101])
    expect(events.findHead(1)).toBe(10)
    expect(events.findHead(50)).toBeUndefined()
    events.truncate(0)
    expect(events.positionsIn(span(1, 0, 99))).toEqual([])
    expect(events.positionsWithKey(1, 1, 9)).toEqual([])
  })

  test('keep the head of a stream that was tombstoned', () => {
    const events = filled()
    events.add({ position: 200, streamId: 1, revision: endOfRevisions, eventKey: 1 })
    expect(events.findHead(1)).toBe(10)
    expect(events.positionsIn(span(1, 10, endOfRevisions))).toEqual([110, 200])
  })
})
