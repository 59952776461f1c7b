import { describe, expect, test } from 'bun:test'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import { ConsumerSlots } from './consumer-slots.ts'
import { bucketCount, PinnedBuckets, toBucket } from './pinned-buckets.ts'

const ownersOf = (buckets: PinnedBuckets) =>
  Array.from({ length: bucketCount }, (_, bucket) => buckets.ownerOf(bucket)?.id)

describe('pinned buckets', () => {
  test('are spread evenly over the consumers, and few change hands when one comes or goes', () => {
    const seed = testSeed()
    const random = createSeededRandom(seed)
    const buckets = new PinnedBuckets()
    const consumers: ConsumerSlots[] = []
    for (let change = 0; change < 300; change++) {
      const before = ownersOf(buckets)
      const goes = consumers.length > 0 && random() < 0.45 ? pickOne(random, consumers) : undefined
      if (goes) {
        consumers.splice(consumers.indexOf(goes), 1)
        buckets.remove(goes)
      } else {
        const comes = new ConsumerSlots(String(change), 1)
        consumers.push(comes)
        buckets.add(comes)
      }
      const after = ownersOf(buckets)
      const counts = consumers.map(({ id }) => after.filter((owner) => owner === id).length)
      const place = `seed ${seed}, change ${change}`
      expect(
        counts.reduce((sum, count) => sum + count, 0),
        place,
      ).toBe(consumers.length > 0 ? bucketCount : 0)
      if (consumers.length === 0 || before[0] === undefined) continue
      expect(Math.max(...counts) - Math.min(...counts), place).toBeLessThanOrEqual(consumers.length)
      const moved = after.filter((owner, bucket) => owner !== before[bucket])
      if (goes) expect(before.filter((owner) => owner === goes.id).length, place).toBe(moved.length)
      else expect(new Set(moved).size, place).toBe(1)
    }
  })

  test('give the same text the same bucket', () => {
    const texts = Array.from({ length: 1_000 }, (_, index) => `order-${index}`)
    expect(texts.map(toBucket)).toEqual(texts.map(toBucket))
    expect(new Set(texts.map(toBucket)).size).toBeGreaterThan(500)
  })
})
