import { describe, expect, test } from 'bun:test'
import { createSeededRandom } from '#kernel/random.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { measureStore } from './store-size.ts'

function fill(storage: SqliteStorage, count: number, sizeOf: (index: number) => number): void {
  storage.commit((writer) => {
    let position = storage.lastPosition
    for (let index = 0; index < count; index++) {
      const record = Buffer.alloc(sizeOf(index))
      position += record.length + 16
      writer.insertEvent({ position, streamId: 1, revision: index, eventKey: index, record })
    }
  })
}

describe('the size of a store', () => {
  test('counts the events of a small store', async () => {
    const storage = new SqliteStorage({ file: ':memory:' })
    fill(storage, 321, () => 100)
    const size = await measureStore(storage)
    expect(size).toMatchObject({ eventCount: 321, fileBytes: 0, lastPosition: 321 * 116, canShrink: true })
    storage.close()
  })

  test('estimates the events of a larger one, whatever a scavenge has left of it', async () => {
    const storage = new SqliteStorage({ file: ':memory:' })
    const random = createSeededRandom(7)
    fill(storage, 60_000, () => 50 + Math.floor(random() * 300))
    const whole = (await measureStore(storage)).eventCount
    expect(Math.abs(whole - 60_000)).toBeLessThan(6_000)
    const half: number[] = []
    for (const { position } of storage.readAll({
      direction: 'forwards',
      after: 0,
      before: 1e15,
      eventCountMax: 1e9,
      sizeBytesMax: 1e12,
    }))
      if (random() < 0.5) half.push(position)
    storage.upkeep.removeEvents(half, { lastStreamId: 0, scavengeId: undefined })
    const left = (await measureStore(storage)).eventCount
    expect(Math.abs(left - (60_000 - half.length))).toBeLessThan(4_000)
    storage.close()
  })
})
