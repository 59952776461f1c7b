/**
 * The most recent events, in memory, for readers at the tail: bounded by count and by bytes.
 *
 * Promises: `after` and `afterRevision` give every event after the cursor, in order, or undefined when some of them are
 * no longer (or never were) here; the caller then reads the storage. Both see the same committed log, so a reader may
 * change over at any event without missing or repeating one.
 */
import { deletedBefore, type StoredEvent } from '../storage/storage.ts'

export type TailEntry = StoredEvent & {
  readonly streamName: string
  readonly revision: number
  readonly type: string
}

export type TailRingLimits = { readonly eventCountMax: number; readonly sizeBytesMax: number }

export class TailRing {
  private readonly limits: TailRingLimits
  private readonly slots: (TailEntry | undefined)[]
  private readonly streams = new Map<string, StreamTail>()
  private oldest = 0
  private count = 0
  private sizeBytes = 0
  /** Everything after this position is here. */
  private floor: number

  constructor(lastPosition: number, limits: TailRingLimits) {
    this.floor = lastPosition
    this.limits = limits
    this.slots = new Array(limits.eventCountMax)
  }

  get eventCount(): number {
    return this.count
  }

  push(entry: TailEntry): void {
    while (this.count === this.limits.eventCountMax) this.evictOldest()
    this.slots[(this.oldest + this.count) % this.slots.length] = entry
    this.count++
    this.sizeBytes += entry.record.length
    if (entry.revision < deletedBefore) this.tailOf(entry.streamName).push(entry)
    while (this.sizeBytes > this.limits.sizeBytesMax && this.count > 0) this.evictOldest()
  }

  after(position: number, countMax: number): TailEntry[] | undefined {
    if (position < this.floor) return undefined
    const page: TailEntry[] = []
    for (let index = this.firstAfter(position); index < this.count && page.length < countMax; index++)
      page.push(this.at(index))
    return page
  }

  afterRevision(streamName: string, revision: number, countMax: number): TailEntry[] | undefined {
    return this.streams.get(streamName)?.after(revision, countMax)
  }

  /** Lets go of every entry up to this position, as if the ring had never held them. */
  dropThrough(position: number): void {
    while (this.count > 0 && this.at(0).position <= position) this.evictOldest()
  }

  /** Index of the first entry with a greater position, by bisection. */
  private firstAfter(position: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.at(middle).position <= position) low = middle + 1
      else high = middle
    }
    return low
  }

  private at(index: number): TailEntry {
    return this.slots[(this.oldest + index) % this.slots.length] as TailEntry
  }

  private tailOf(streamName: string): StreamTail {
    const known = this.streams.get(streamName)
    if (known) return known
    const tail = new StreamTail()
    this.streams.set(streamName, tail)
    return tail
  }

  private evictOldest(): void {
    const entry = this.at(0)
    this.slots[this.oldest] = undefined
    this.oldest = (this.oldest + 1) % this.slots.length
    this.count--
    this.sizeBytes -= entry.record.length
    this.floor = entry.position
    if (entry.revision >= deletedBefore) return
    const tail = this.streams.get(entry.streamName)
    tail?.dropOldest()
    if (tail?.isEmpty) this.streams.delete(entry.streamName)
  }
}

/** The ring's entries of one stream: revisions without gaps, so the place of a revision is arithmetic. */
class StreamTail {
  private entries: TailEntry[] = []
  private dropped = 0

  get isEmpty(): boolean {
    return this.dropped === this.entries.length
  }

  push(entry: TailEntry): void {
    this.entries.push(entry)
  }

  after(revision: number, countMax: number): TailEntry[] | undefined {
    const first = this.entries[this.dropped]
    if (first === undefined || first.revision > revision + 1) return undefined
    const start = this.dropped + (revision + 1 - first.revision)
    return this.entries.slice(start, start + countMax)
  }

  dropOldest(): void {
    this.dropped++
    // Moving the rest down every 64 drops keeps the array short without moving it on every one.
    if (this.dropped >= 64 || this.isEmpty) {
      this.entries = this.entries.slice(this.dropped)
      this.dropped = 0
    }
  }
}
