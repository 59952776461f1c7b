/**
 * Reads for a group what it has room for: first what was asked to be replayed, then its source.
 *
 * At the tail it takes events as they are appended, into a buffer of their own size; when that is full it falls behind, and
 * reads the rest from history once there is room. Nothing is read while nobody is there to take it.
 */
import type { Clock } from '#kernel/clock.ts'
import type { NewMessage } from './group-message.ts'
import type { GroupSettings } from './group-settings.ts'
import type { GroupSource } from './group-source.ts'
import type { GroupState } from './group-state.ts'
import type { ToMessage } from './message-from-record.ts'
import type { Replay } from './replay.ts'

export type SourcePumpOptions = {
  readonly source: GroupSource
  readonly state: GroupState
  readonly replay: Replay
  readonly toMessage: ToMessage
  readonly settings: Pick<GroupSettings, 'liveBufferSize' | 'historyBufferSize' | 'readBatchSize'>
  readonly clock: Clock
  /** Somebody is there to take what is read, and may be given more. */
  readonly isWanted: () => boolean
  readonly onSkipped: (count: number) => void
  readonly onFailed: (error: unknown) => void
}

/** What waits in memory, however few messages that are. */
const waitingBytesMax = 16 * 1_048_576
/** Of one batch: a page of links is small, and what they lead to may be large. */
const batchBytesMax = 4 * 1_048_576
/** Reads of the source in one turn, before others have theirs. */
const readsAtOnceMax = 16

export class SourcePump {
  private readonly options: SourcePumpOptions
  private isScheduled = false
  private isAtTail = false
  private stopListening: (() => void) | undefined

  constructor(options: SourcePumpOptions) {
    this.options = options
  }

  /** Everything there is was read, and what is appended is heard of. */
  get isLive(): boolean {
    return this.isAtTail
  }

  start(): void {
    this.stopListening ??= this.options.source.listen(() => this.schedule())
    this.schedule()
  }

  stop(): void {
    this.stopListening?.()
    this.stopListening = undefined
    this.isAtTail = false
  }

  /** There may be room again. */
  roomMade(): void {
    if ((!this.isAtTail || this.options.replay.hasMore) && this.hasRoom) this.schedule()
  }

  private schedule(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      try {
        this.pump()
      } catch (error) {
        this.options.onFailed(error)
      }
    })
  }

  private pump(): void {
    const { replay, clock } = this.options
    if (replay.hasMore && this.hasRoom) replay.readPage(clock.now())
    for (let reads = 0; this.hasRoom; reads++) {
      if (reads === readsAtOnceMax) return this.schedule()
      this.isAtTail = this.readBatch()
      if (this.isAtTail) break
    }
    if (!this.hasRoom) this.isAtTail = false
    else if (replay.hasMore) this.schedule()
  }

  /** True at the end of what there is. */
  private readBatch(): boolean {
    const { source, state, toMessage, settings, clock, onSkipped } = this.options
    const page = source.read(state.reached, Math.min(settings.readBatchSize, this.room))
    const isLive = page.isLive && this.isAtTail
    const messages: NewMessage[] = []
    let bytes = 0
    for (const { place, record, header } of page.events) {
      if (bytes >= batchBytesMax) break
      const message = toMessage(record, { origin: 'source', place, isLive }, header)
      bytes += message.record.length
      messages.push(message)
    }
    const last = messages.at(-1)
    const isCut = last !== undefined && messages.length < page.events.length
    state.offer(messages, 'source', isCut ? last.place : page.reached, clock.now())
    if (page.skippedCount > 0) onSkipped(page.skippedCount)
    return page.isAtEnd && !isCut
  }

  private get room(): number {
    const { live, history } = this.options.state.counts
    return this.bufferSize - live - history
  }

  private get bufferSize(): number {
    const { liveBufferSize, historyBufferSize } = this.options.settings
    return this.isAtTail ? liveBufferSize : historyBufferSize
  }

  /** For a whole batch: one event at a time is read at the cost of many. */
  private get hasRoom(): boolean {
    const batchSize = Math.min(this.options.settings.readBatchSize, this.bufferSize)
    if (this.room < batchSize || this.options.state.counts.waitingBytes >= waitingBytesMax) return false
    return this.options.isWanted()
  }
}
