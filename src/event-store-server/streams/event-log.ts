/**
 * The log as the protocol sees it: append, look at a stream, read pages, hear of commits.
 *
 * One object owns the writer, the tail ring and the stream cache; the storage is handed in and not closed here.
 */
import { type Clock, systemClock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { CommittedGroup } from '../statistics/statistics.ts'
import { passBy, type ReachStep } from '../step.ts'
import type { AllRange, Direction, PageLimits, Storage, StoredEvent, StoredStream } from '../storage/storage.ts'
import { AppendListeners } from './append-listeners.ts'
import { CheckpointTimer } from './checkpoint-timer.ts'
import { readEventHeader } from './event-record.ts'
import type { LogOutcome, LogRequest } from './log-request.ts'
import { LogWriter } from './log-writer.ts'
import { RightOfWay } from './right-of-way.ts'
import { StreamCache } from './stream-cache.ts'
import { isMetadataStream } from './stream-metadata.ts'
import { TailRing, type TailRingLimits } from './tail-ring.ts'

export type EventLogOptions = {
  readonly storage: Storage
  readonly log: Log
  readonly clock?: Clock
  readonly onStep?: ReachStep
  readonly tail?: TailRingLimits
  readonly cachedStreamsMax?: number
  /** Told of each group of appends that reached the disk. */
  readonly onGroup?: (group: CommittedGroup) => void
}

const defaultTail: TailRingLimits = { eventCountMax: 4_096, sizeBytesMax: 16 * 1_048_576 }
const defaultCachedStreamsMax = 50_000

/**
 * What one read of the storage brings into memory: enough to be worth the turn, little enough to hold for a slow reader.
 * Old events lie apart and may have to come from the disk, 0.1 ms and more each: the time keeps appends from waiting.
 */
export const pageLimits: PageLimits = { eventCountMax: 256, sizeBytesMax: 262_144, timeMsMax: 2 }

export class EventLog {
  readonly tail: TailRing
  readonly listeners = new AppendListeners()
  readonly clock: Clock
  readonly rightOfWay: RightOfWay
  private readonly storage: Storage
  private readonly writer: LogWriter
  private readonly streams: StreamCache
  private readonly checkpoints: CheckpointTimer

  constructor(options: EventLogOptions) {
    const {
      storage,
      log,
      clock = systemClock,
      tail = defaultTail,
      cachedStreamsMax,
      onStep = passBy,
      onGroup,
    } = options
    this.storage = storage
    this.clock = clock
    this.rightOfWay = new RightOfWay(clock, pageLimits)
    this.tail = new TailRing(storage.lastPosition, tail)
    this.streams = new StreamCache(cachedStreamsMax ?? defaultCachedStreamsMax)
    this.checkpoints = new CheckpointTimer({ storage, clock, log })
    this.writer = new LogWriter({
      storage,
      streams: this.streams,
      clock,
      log,
      onStep,
      onGroup,
      onCommitted: (entries, streamNames) => {
        for (const entry of entries) this.tail.push(entry)
        this.checkpoints.afterCommit()
        this.listeners.tell(streamNames)
      },
    })
  }

  get lastPosition(): number {
    return this.storage.lastPosition
  }

  /** `answer` is called exactly once, in a later turn of the event loop or, when refused at once, now. */
  submit(request: LogRequest, answer: (outcome: LogOutcome) => void): void {
    this.rightOfWay.noteAsked()
    this.writer.submit(request, answer)
  }

  request(request: LogRequest): Promise<LogOutcome> {
    return new Promise((resolve) => this.submit(request, resolve))
  }

  findStream(name: string): StoredStream | undefined {
    return this.writer.findStream(name)
  }

  readAll(range: Omit<AllRange, keyof PageLimits>, limits: PageLimits = pageLimits): StoredEvent[] {
    return this.storage.readAll({ ...range, ...limits })
  }

  readStream(stream: StoredStream, direction: Direction, first: number, last: number): StoredEvent[] {
    return this.storage.readStream({ streamId: stream.id, direction, first, last, ...pageLimits })
  }

  /** The first revision that `$tb`, `$maxCount` and `$maxAge` leave visible; above the stream's own when nothing is. */
  firstVisibleRevision(stream: StoredStream): number {
    const first = this.firstKeptRevision(stream)
    return stream.maxAgeSeconds === undefined ? first : this.firstYoungEnough(stream, first)
  }

  /** One event, when a reader of its stream may see it: not missing, deleted, truncated or too old. */
  findEvent(streamName: string, revision: number): StoredEvent | undefined {
    const stream = this.findStream(streamName)
    if (!stream || stream.isTombstoned || revision > stream.revision) return undefined
    if (revision < this.firstKeptRevision(stream)) return undefined
    const [event] = this.readStream(stream, 'forwards', revision, revision)
    return event && !this.isTooOld(stream, event) ? event : undefined
  }

  /** Readers get events up to this position from the storage again: some of them were removed there. */
  forgetRecentThrough(position: number): void {
    this.tail.dropThrough(position)
  }

  stop(): void {
    this.writer.stop()
    this.checkpoints.stop()
  }

  stats() {
    return {
      lastPosition: this.lastPosition,
      appendedEvents: this.writer.eventCount,
      commits: this.writer.groupCount,
      waitingAppends: this.writer.waitingCount,
      cachedStreams: this.streams.size,
      tailEvents: this.tail.eventCount,
    }
  }

  private firstKeptRevision(stream: StoredStream): number {
    const maxCount = stream.maxCount ?? (isMetadataStream(stream.name) ? 1 : undefined)
    const byCount = maxCount === undefined ? 0 : stream.revision - maxCount + 1
    return Math.max(0, stream.truncateBefore, byCount)
  }

  /** By bisection: creation times never go back within a stream. */
  private firstYoungEnough(stream: StoredStream, from: number): number {
    let low = from
    let high = stream.revision + 1
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const [event] = this.storage.readStream({
        streamId: stream.id,
        direction: 'forwards',
        first: middle,
        last: stream.revision,
        eventCountMax: 1,
        sizeBytesMax: 1,
      })
      if (event && this.isTooOld(stream, event)) low = middle + 1
      else high = middle
    }
    return low
  }

  private isTooOld({ maxAgeSeconds }: StoredStream, { record }: StoredEvent): boolean {
    if (maxAgeSeconds === undefined) return false
    return readEventHeader(record).createdAt <= this.clock.now() - maxAgeSeconds * 1_000
  }
}
