/**
 * 1,024 buckets spread over the consumers of a pinned group. Change is small: a consumer that comes takes single buckets
 * from those who have most until it has its share, one that goes leaves its own to those who have least.
 */
import type { ConsumerSlots } from './consumer-slots.ts'

export const bucketCount = 1_024

export class PinnedBuckets {
  private readonly owners: (ConsumerSlots | undefined)[] = new Array(bucketCount).fill(undefined)
  private readonly owned = new Map<ConsumerSlots, number[]>()

  ownerOf(bucket: number): ConsumerSlots | undefined {
    return this.owners[bucket]
  }

  add(consumer: ConsumerSlots): void {
    const mine: number[] = []
    this.owned.set(consumer, mine)
    if (this.owned.size === 1) {
      for (let bucket = 0; bucket < bucketCount; bucket++) this.give(bucket, consumer)
      return
    }
    const share = Math.floor(bucketCount / this.owned.size)
    while (mine.length < share) {
      const bucket = this.byCount('most')?.[1].pop()
      if (bucket === undefined) return
      this.give(bucket, consumer)
    }
  }

  remove(consumer: ConsumerSlots): void {
    const orphans = this.owned.get(consumer) ?? []
    this.owned.delete(consumer)
    for (const bucket of orphans) {
      const heir = this.byCount('least')?.[0]
      if (heir) this.give(bucket, heir)
      else this.owners[bucket] = undefined
    }
  }

  private give(bucket: number, consumer: ConsumerSlots): void {
    this.owners[bucket] = consumer
    this.owned.get(consumer)?.push(bucket)
  }

  private byCount(which: 'most' | 'least'): [ConsumerSlots, number[]] | undefined {
    let found: [ConsumerSlots, number[]] | undefined
    for (const entry of this.owned) {
      const isBetter =
        found === undefined ||
        (which === 'most' ? entry[1].length > found[1].length : entry[1].length < found[1].length)
      if (isBetter) found = entry
    }
    return found
  }
}

/** The same text always has the same bucket. */
export function toBucket(text: string): number {
  return Bun.hash.crc32(text) % bucketCount
}
