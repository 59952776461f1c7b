/**
 * One walk over all streams, removing what is hidden, in steps that are short enough to be run between appends.
 *
 * Promises: a step is one transaction with at most `stepLimits` in it; what it removed and how far the walk came are kept
 * together, so a walk that is cut off anywhere can be gone on with. Streams are taken in id order beginning behind
 * `startAfter` and wrapping around: an interrupted walk is gone on with first, and every stream is looked at.
 * Removes only events below `before`, so that the log's end stays where it is.
 */

import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Storage } from '../storage/storage.ts'
import type { EventSize, StreamIdRange, StreamName } from '../storage/storage-upkeep.ts'
import type { EventLog } from '../streams/event-log.ts'
import { firstRevisionKept } from './hidden-events.ts'

export type ScavengeWalkOptions = {
  readonly eventLog: EventLog
  readonly storage: Storage
  readonly log: Log
  readonly scavengeId: string
  readonly startAfter: number
  /** A position: events from here on are not touched. */
  readonly before: number
  readonly limits?: StepLimits
}

export type StepLimits = {
  readonly eventCountMax: number
  readonly sizeBytesMax: number
  /** Streams are looked at in ranges of this many ids. */
  readonly streamCountMax: number
  readonly lengthMsMax: number
}

export const stepLimits: StepLimits = {
  eventCountMax: 96,
  sizeBytesMax: 1_048_576,
  streamCountMax: 1_024,
  lengthMsMax: 4,
}

export class ScavengeWalk {
  private readonly options: ScavengeWalkOptions
  private readonly limits: StepLimits
  /** What is left to look at, the nearest first. */
  private readonly ranges: StreamIdRange[]
  private readonly waiting: StreamName[] = []
  private lastStreamId: number
  readonly streamCount: number
  removedEventCount = 0
  removedBytes = 0
  unreadableStreamCount = 0

  constructor(options: ScavengeWalkOptions) {
    this.options = options
    this.limits = options.limits ?? stepLimits
    this.streamCount = options.storage.nextStreamId - 1
    const startAfter = options.startAfter < this.streamCount ? options.startAfter : 0
    this.lastStreamId = startAfter
    this.ranges = [
      ...splitRange({ after: startAfter, through: this.streamCount }, this.limits.streamCountMax),
      ...splitRange({ after: 0, through: startAfter }, this.limits.streamCountMax),
    ]
  }

  get lookedAtStreamCount(): number {
    const leftCount = this.ranges.reduce((sum, { after, through }) => sum + through - after, 0)
    return this.streamCount - leftCount - this.waiting.length
  }

  /** Returns how many events were removed, or undefined when nothing is left to look at. */
  step(): number | undefined {
    const { clock } = this.options.eventLog
    const begunAt = clock.now()
    const found = new StepFindings(this.limits)
    while (!found.isFull) {
      const stream = this.waiting[0] ?? this.nextStream()
      if (!stream) break
      if (this.lookAt(stream, found)) this.leave(stream)
      if (clock.now() - begunAt >= this.limits.lengthMsMax) break
    }
    if (found.events.length > 0) this.remove(found)
    const isOver = this.waiting.length === 0 && this.ranges.length === 0
    return isOver && found.events.length === 0 ? undefined : found.events.length
  }

  /** Fills the queue from one range at a time: a range may hold nothing that hides events. */
  private nextStream(): StreamName | undefined {
    const range = this.ranges.shift()
    if (range) this.waiting.push(...this.options.storage.upkeep.listHidingStreams(range))
    return this.waiting[0]
  }

  private leave(stream: StreamName): void {
    this.waiting.shift()
    this.lastStreamId = stream.id
  }

  /** True when nothing of the stream is left to remove. A stream that cannot be read is left as it is. */
  private lookAt(stream: StreamName, found: StepFindings): boolean {
    try {
      return this.findHidden(stream, found)
    } catch (error) {
      this.unreadableStreamCount++
      this.options.log.warning('A stream cannot be scavenged; verify the store', {
        streamName: stream.name,
        reason: describeError(error),
      })
      return true
    }
  }

  private findHidden({ id, name }: StreamName, found: StepFindings): boolean {
    const { eventLog, storage, before } = this.options
    const stream = storage.findStream(name)
    if (!stream) return true
    const countMax = found.room
    const listed = storage.upkeep.listEventsBelow(id, firstRevisionKept(eventLog, stream), countMax)
    const hidden = listed.filter(({ position }) => position < before)
    const takenCount = found.take(hidden)
    // Positions grow with revisions: what follows the first event that may not be touched may not be touched either.
    const isEndReached = hidden.length < listed.length || listed.length < countMax
    return takenCount === hidden.length && isEndReached
  }

  private remove({ events, sizeBytes }: StepFindings): void {
    const { storage, eventLog, scavengeId } = this.options
    const positions = events.map(({ position }) => position)
    storage.upkeep.removeEvents(positions, { lastStreamId: this.lastStreamId, scavengeId })
    eventLog.forgetRecentThrough(Math.max(...positions))
    this.removedEventCount += events.length
    this.removedBytes += sizeBytes
  }
}

/** What one step is going to remove. */
class StepFindings {
  private readonly limits: StepLimits
  readonly events: EventSize[] = []
  sizeBytes = 0

  constructor(limits: StepLimits) {
    this.limits = limits
  }

  get room(): number {
    return this.limits.eventCountMax - this.events.length
  }

  get isFull(): boolean {
    return this.room <= 0 || this.sizeBytes >= this.limits.sizeBytesMax
  }

  /** Takes from the beginning as many as fit, and says how many. */
  take(events: readonly EventSize[]): number {
    let count = 0
    for (const event of events) {
      if (this.isFull) break
      this.events.push(event)
      this.sizeBytes += event.sizeBytes
      count++
    }
    return count
  }
}

function splitRange({ after, through }: StreamIdRange, size: number): StreamIdRange[] {
  const ranges: StreamIdRange[] = []
  for (let from = after; from < through; from += size)
    ranges.push({ after: from, through: Math.min(from + size, through) })
  return ranges
}
