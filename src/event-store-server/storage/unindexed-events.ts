/**
 * Where the newest events are, by stream and by id, in memory, until enough have come to write them into the index
 * tables in sorted pieces: an append then touches the end of the log alone, not a page of each index for each stream.
 *
 * Promises: answers as the index tables would, for the events it was told of; `truncate` undoes the newest, `removeOldest`
 * forgets those that are in the tables.
 * Asks: events come in the order of their positions, and so of their revisions within a stream. Bounded by its owner.
 */
import { endOfRevisions, type NewStoredEvent, type StreamRange } from './storage.ts'

export type RevisionSpan = Omit<StreamRange, 'sizeBytesMax'>

/** Parallel lists, both growing. */
type PlacesInStream = { readonly revisions: number[]; readonly positions: number[] }

const none = -1

export type EventToIndex = Pick<NewStoredEvent, 'position' | 'streamId' | 'revision' | 'eventKey'>

export class UnindexedEvents {
  private readonly positions: number[] = []
  private readonly streamIds: number[] = []
  private readonly eventKeys: number[] = []
  private readonly streams = new Map<number, PlacesInStream>()
  /** For each key the newest event that has it, and for each event the one before it with the same key. */
  private readonly newestWithKey = new Map<number, number>()
  private readonly olderWithKey: number[] = []
  /** How many were removed at the old end: the two above count from the first event there ever was. */
  private removedCount = 0

  get count(): number {
    return this.positions.length
  }

  add({ position, streamId, revision, eventKey }: EventToIndex): void {
    const index = this.removedCount + this.positions.push(position) - 1
    this.streamIds.push(streamId)
    this.eventKeys.push(eventKey)
    this.olderWithKey.push(this.newestWithKey.get(eventKey) ?? none)
    this.newestWithKey.set(eventKey, index)
    const places = this.streams.get(streamId)
    if (places) {
      places.revisions.push(revision)
      places.positions.push(position)
    } else this.streams.set(streamId, { revisions: [revision], positions: [position] })
  }

  /** Forgets the newest until `count` are left. */
  truncate(count: number): void {
    if (count === 0) return this.clear()
    while (this.count > count) this.removeNewest()
  }

  /** The position of the oldest ones' last. */
  lastOfOldest(count: number): number | undefined {
    return this.positions[Math.min(count, this.count) - 1]
  }

  removeOldest(count: number): void {
    if (count >= this.count) return this.clear()
    const streamIds = this.streamIds.splice(0, count)
    const eventKeys = this.eventKeys.splice(0, count)
    this.positions.splice(0, count)
    this.olderWithKey.splice(0, count)
    for (const [streamId, removed] of countEach(streamIds)) this.removeOldestOf(streamId, removed)
    for (const [at, eventKey] of eventKeys.entries())
      if (this.newestWithKey.get(eventKey) === this.removedCount + at) this.newestWithKey.delete(eventKey)
    this.removedCount += count
  }

  /** From its first event on. */
  hasWholeStream(streamId: number): boolean {
    return this.streams.get(streamId)?.revisions[0] === 0
  }

  /** The greatest revision of a stream; a tombstone's counts for nothing. */
  findHead(streamId: number): number | undefined {
    const revisions = this.streams.get(streamId)?.revisions
    const last = revisions?.at(-1)
    return last === endOfRevisions ? revisions?.at(-2) : last
  }

  /** Positions of the stream's events with revisions from `first` to `last`, in the direction, at most `eventCountMax`. */
  positionsIn({ streamId, direction, first, last, eventCountMax }: RevisionSpan): readonly number[] {
    const places = this.streams.get(streamId)
    if (!places) return []
    const from = firstFrom(places.revisions, first)
    const to = firstFrom(places.revisions, last + 1)
    return direction === 'forwards'
      ? places.positions.slice(from, Math.min(to, from + eventCountMax))
      : places.positions.slice(Math.max(from, to - eventCountMax), to).reverse()
  }

  /** The newest of them, oldest first. */
  positionsWithKey(streamId: number, eventKey: number, countMax: number): readonly number[] {
    const positions: number[] = []
    let at = this.newestWithKey.get(eventKey) ?? none
    while (at >= this.removedCount && positions.length < countMax) {
      const index = at - this.removedCount
      if (this.streamIds[index] === streamId) positions.push(this.positions[index] ?? none)
      at = this.olderWithKey[index] ?? none
    }
    return positions.reverse()
  }

  private clear(): void {
    for (const list of [this.positions, this.streamIds, this.eventKeys, this.olderWithKey]) list.length = 0
    this.streams.clear()
    this.newestWithKey.clear()
    this.removedCount = 0
  }

  private removeOldestOf(streamId: number, count: number): void {
    const places = this.streams.get(streamId)
    places?.revisions.splice(0, count)
    places?.positions.splice(0, count)
    if (places?.revisions.length === 0) this.streams.delete(streamId)
  }

  private removeNewest(): void {
    this.positions.pop()
    const streamId = this.streamIds.pop() ?? none
    const eventKey = this.eventKeys.pop() ?? none
    const older = this.olderWithKey.pop() ?? none
    if (older < this.removedCount) this.newestWithKey.delete(eventKey)
    else this.newestWithKey.set(eventKey, older)
    const places = this.streams.get(streamId)
    places?.revisions.pop()
    places?.positions.pop()
    if (places?.revisions.length === 0) this.streams.delete(streamId)
  }
}

function countEach(numbers: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1)
  return counts
}

/** Index of the first number in a growing list that is not below `wanted`, by bisection. */
function firstFrom(numbers: readonly number[], wanted: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((numbers[middle] ?? 0) < wanted) low = middle + 1
    else high = middle
  }
  return low
}
