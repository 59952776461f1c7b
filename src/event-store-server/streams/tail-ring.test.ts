import { describe, expect, test } from 'bun:test'
import { createSeededRandom } from '#kernel/random.ts'
import { tombstoneRevision } from './event-record.ts'
import { type TailEntry, TailRing } from './tail-ring.ts'

function entry(position: number, streamName: string, revision: number, size = 10): TailEntry {
  return { position, streamName, revision, type: 'T', record: Buffer.alloc(size) }
}

describe('the tail ring', () => {
  test('agrees with the whole list on every question it can answer, and says when it cannot', () => {
    const random = createSeededRandom(7)
    const ring = new TailRing(0, { eventCountMax: 100, sizeBytesMax: 5_000 })
    const all: TailEntry[] = []
    const revisions = new Map<string, number>()
    for (let step = 1; step <= 2_000; step++) {
      const streamName = `s-${Math.floor(random() * 5)}`
      const revision = (revisions.get(streamName) ?? -1) + 1
      revisions.set(streamName, revision)
      const next = entry(step * 10, streamName, revision, Math.floor(random() * 200))
      all.push(next)
      ring.push(next)

      const cursor = Math.floor(random() * (step + 1)) * 10
      const page = ring.after(cursor, 7)
      if (page) expect(page).toEqual(all.filter((each) => each.position > cursor).slice(0, 7))
      const revisionCursor = Math.max(-1, revision - Math.floor(random() * 30))
      const streamPage = ring.afterRevision(streamName, revisionCursor, 7)
      const wanted = all.filter((each) => each.streamName === streamName && each.revision > revisionCursor)
      if (streamPage) expect(streamPage).toEqual(wanted.slice(0, 7))
      expect(ring.after(next.position, 7)).toEqual([])
    }
    expect(ring.eventCount).toBeLessThanOrEqual(100)
    expect(ring.after(10, 7)).toBeUndefined()
    expect(ring.afterRevision('s-1', 0, 7)).toBeUndefined()
  })

  test('knows nothing from before it was started', () => {
    const ring = new TailRing(500, { eventCountMax: 4, sizeBytesMax: 1_000 })
    expect(ring.after(499, 9)).toBeUndefined()
    expect(ring.after(500, 9)).toEqual([])
    ring.push(entry(510, 's', 8))
    expect(ring.after(500, 9)).toHaveLength(1)
    expect(ring.afterRevision('s', 7, 9)).toHaveLength(1)
    expect(ring.afterRevision('s', 6, 9)).toBeUndefined()
  })

  test('keeps a tombstone in the log but not among the revisions of its stream', () => {
    const ring = new TailRing(0, { eventCountMax: 2, sizeBytesMax: 1_000 })
    ring.push(entry(10, 's', 0))
    ring.push(entry(20, 's', tombstoneRevision))
    expect(ring.after(0, 9)).toHaveLength(2)
    expect(ring.afterRevision('s', -1, 9)).toHaveLength(1)
    ring.push(entry(30, 't', 0))
    ring.push(entry(40, 't', 1))
    expect(ring.after(0, 9)).toBeUndefined()
    expect(ring.after(20, 9)).toHaveLength(2)
  })

  test('holds nothing when one event is larger than all it may hold', () => {
    const ring = new TailRing(0, { eventCountMax: 4, sizeBytesMax: 100 })
    ring.push(entry(10, 's', 0, 500))
    expect(ring.eventCount).toBe(0)
    expect(ring.after(0, 9)).toBeUndefined()
    expect(ring.after(10, 9)).toEqual([])
  })
})
