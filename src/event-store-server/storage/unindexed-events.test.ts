import { describe, expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { createSeededRandom } from '#kernel/random.ts'
import { endOfRevisions } from './storage.ts'
import { type EventToIndex, UnindexedEvents } from './unindexed-events.ts'

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

  test('whatever is removed at either end, answer as the list of the rest would', () => {
    const random = createSeededRandom(2211)
    const below = (count: number) => Math.floor(random() * count)
    const events = new UnindexedEvents()
    const revisions = [0, 0, 0]
    let list: EventToIndex[] = []
    for (let round = 0, position = 0; round < 3_000; round++) {
      const dice = below(20)
      if (dice === 0) {
        const count = below(list.length + 3)
        events.removeOldest(count)
        list = list.slice(count)
      } else if (dice === 1) {
        const count = below(list.length + 1)
        for (const { streamId } of list.splice(count)) revisions[streamId] = must(revisions[streamId], 'a stream') - 1
        events.truncate(count)
      } else {
        const streamId = below(3)
        const revision = must(revisions[streamId], 'a stream')
        revisions[streamId] = revision + 1
        const event = { position: ++position, streamId, revision, eventKey: below(4) }
        events.add(event)
        list.push(event)
      }
      const [streamId, eventKey] = [below(3), below(4)]
      const ofStream = list.filter((event) => event.streamId === streamId)
      const withKey = ofStream.filter((event) => event.eventKey === eventKey).map((event) => event.position)
      expect(events.count).toBe(list.length)
      expect(events.positionsIn(span(streamId, 0, 9_999))).toEqual(ofStream.slice(0, 100).map((one) => one.position))
      expect(events.positionsWithKey(streamId, eventKey, 5)).toEqual(withKey.slice(-5))
      expect(events.findHead(streamId)).toBe(ofStream.at(-1)?.revision)
      expect(events.hasWholeStream(streamId)).toBe(ofStream[0]?.revision === 0)
      expect(events.lastOfOldest(3)).toBe(list[Math.min(3, list.length) - 1]?.position)
    }
  })

  test('keep the head of a stream that was tombstoned', () => {
    const events = filled()
    events.add({ position: 200, streamId: 1, revision: endOfRevisions, eventKey: 1 })
    expect(events.findHead(1)).toBe(10)
    expect(events.positionsIn(span(1, 10, endOfRevisions))).toEqual([110, 200])
  })
})
