/**
 * A persistent subscription group at work: reads its source as long as there is room, hands messages to consumers, takes
 * their answers, and keeps on the disk how far it has come and what was parked.
 *
 * Promises: every event after the start is delivered until it is acknowledged, skipped or parked; after a crash it goes
 * on from the last checkpoint, so that nothing is lost and some may come again. What it holds is bounded by its buffers and
 * its consumers' slots. Without consumers it reads nothing.
 * Asks: `stop` before the log is stopped.
 */
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { ReachStep } from '../step.ts'
import type { EventLog } from '../streams/event-log.ts'
import { CheckpointStream } from './checkpoint-stream.ts'
import { Checkpointer } from './checkpointer.ts'
import type { GroupConfig } from './group-config.ts'
import { type ConsumerConnection, type ConsumerEnd, GroupConsumer } from './group-consumer.ts'
import type { GroupInfo } from './group-info.ts'
import type { GroupMessage } from './group-message.ts'
import { lastPlace } from './group-places.ts'
import { toDispatchOrder } from './group-settings.ts'
import { createGroupSource, type GroupSource } from './group-source.ts'
import { GroupState, type NackAction } from './group-state.ts'
import { createToMessage, type ToMessage } from './message-from-record.ts'
import { ParkedStream } from './parked-stream.ts'
import { RateMeter } from './rate-meter.ts'
import { Replay } from './replay.ts'

export type GroupContext = { readonly eventLog: EventLog; readonly log: Log; readonly onStep: ReachStep }

/** A consumer's place in the group. */
export type Seat = {
  ack(ids: readonly string[]): void
  nack(ids: readonly string[], action: NackAction, reason: string): void
  drained(): void
  leave(): void
}

/** What waits in memory, however few messages that are. */
const waitingBytesMax = 16 * 1_048_576
/** Reads of the source in one turn, before others have theirs. */
const readsAtOnceMax = 16

export class PersistentGroup {
  readonly config: GroupConfig
  private readonly context: GroupContext
  private readonly source: GroupSource
  private readonly parkedStream: ParkedStream
  private readonly checkpointStream: CheckpointStream
  private readonly toMessage: ToMessage
  private readonly state: GroupState
  private readonly checkpointer: Checkpointer
  private readonly replay: Replay
  private readonly meter: RateMeter
  private readonly consumers = new Map<string, GroupConsumer>()
  private readonly parkings = new Set<Promise<void>>()
  private hasCheckpoint: boolean
  private nextConsumerId = 1
  private isLive = false
  private isPumpScheduled = false
  private isStopped = false
  private stopListening: (() => void) | undefined
  private cancelExpiry: (() => void) | undefined

  constructor(config: GroupConfig, context: GroupContext) {
    const { key, settings } = config
    const { eventLog } = context
    this.config = config
    this.context = { ...context, log: context.log.named('persistent-subscription') }
    this.source = createGroupSource(eventLog, key, settings)
    this.parkedStream = new ParkedStream(eventLog, key)
    this.checkpointStream = new CheckpointStream(eventLog, key)
    this.toMessage = createToMessage(eventLog, settings)
    this.meter = new RateMeter(this.now)
    const saved = this.checkpointStream.load()
    this.hasCheckpoint = saved !== undefined
    const startAfter = saved ?? config.startAfter
    this.state = new GroupState(
      { ...settings, order: toDispatchOrder(settings.strategy) },
      { source: startAfter, parked: this.parkedStream.firstRevision - 1 },
      {
        deliver: (consumerId, message) => this.deliver(consumerId, message),
        park: (message, reason) => this.park(message, reason),
        handled: (message, consumerId, latencyMs) => this.handled(message, consumerId, latencyMs),
      },
    )
    const { log, onStep } = this.context
    this.replay = new Replay({ parked: this.parkedStream, state: this.state, toMessage: this.toMessage, log, onStep })
    this.checkpointer = new Checkpointer({
      settings,
      clock: eventLog.clock,
      log,
      onStep,
      saved: startAfter,
      save: async (place) => {
        await this.checkpointStream.save(place)
        this.hasCheckpoint = true
      },
      place: () => this.state.checkpoint,
    })
  }

  get isFull(): boolean {
    const { subscriberCountMax } = this.config.settings
    return subscriberCountMax > 0 && this.consumers.size >= subscriberCountMax
  }

  /** The caller has asked `isFull`. `confirm` is called before the first message goes out. */
  connect(connection: ConsumerConnection, confirm: () => void): Seat {
    const id = String(this.nextConsumerId++)
    // Found in the moment between a change of the settings and the group that follows this one: nothing comes here any more.
    if (this.isStopped) connection.end('dropped')
    else this.seatConsumer(new GroupConsumer(id, connection, this.now), confirm)
    return {
      ack: (ids) => this.ack(id, ids),
      nack: (ids, action, reason) => this.nack(id, ids, action, reason),
      drained: () => this.answered(() => this.state.block(id, false, this.now)),
      leave: () => this.leave(id),
    }
  }

  /** At most `countMax` of the messages that are parked now. */
  replayParked(countMax: number | undefined): void {
    this.replay.begin(countMax)
    this.schedulePump()
  }

  info(): GroupInfo {
    const { streamName, groupName } = this.config.key
    const { counts } = this.state
    const { total, sinceLastLook, perSecond } = this.meter.look(this.now)
    const known = lastPlace(this.context.eventLog, streamName)
    const isCaughtUp = this.isLive || this.state.reached >= known
    return {
      streamName,
      groupName,
      status: this.replay.isActive ? 'ReplayingParkedMessages' : isCaughtUp ? 'Live' : 'Behind',
      settings: this.config.settings,
      consumers: [...this.consumers.values()].map((consumer) =>
        consumer.info(this.state.inFlightOf(consumer.id), this.now),
      ),
      perSecond,
      totalCount: total,
      countSinceLastLook: sinceLastLook,
      checkpoint: this.hasCheckpoint ? this.checkpointer.saved : undefined,
      lastKnown: known < 0 ? undefined : known,
      historyBufferCount: counts.history,
      liveBufferCount: counts.live,
      retryBufferCount: counts.retries,
      inFlightCount: counts.inFlight,
      outstandingCount: counts.outstanding,
      parkedCount: this.replay.waitingCount,
      oldestParkedAt: this.parkedStream.oldestParkedAt,
    }
  }

  /** Ends all consumers' calls with this reason, and writes down how far the group has come. */
  async stop(end: ConsumerEnd): Promise<void> {
    this.isStopped = true
    this.stopListening?.()
    this.cancelExpiry?.()
    for (const { connection } of [...this.consumers.values()]) connection.end(end)
    this.consumers.clear()
    while (this.parkings.size > 0) await Promise.all(this.parkings)
    this.replay.truncate()
    await this.replay.settle()
    await this.checkpointer.flush()
    this.checkpointer.stop()
  }

  /** Removes what the group has kept, for one that is no more. */
  async forget(): Promise<void> {
    await this.checkpointStream.forget()
    await this.parkedStream.forget()
  }

  private seatConsumer(consumer: GroupConsumer, confirm: () => void): void {
    this.consumers.set(consumer.id, consumer)
    this.stopListening ??= this.source.listen(() => this.schedulePump())
    confirm()
    this.state.addConsumer(consumer.id, consumer.slotCount, this.now)
    this.schedulePump()
  }

  private get now(): number {
    return this.context.eventLog.clock.now()
  }

  private ack(id: string, ids: readonly string[]): void {
    this.answered(() => this.state.ack(id, ids, this.now))
    this.context.onStep('persistent-subscription:ack-taken')
  }

  private nack(id: string, ids: readonly string[], action: NackAction, reason: string): void {
    this.answered(() => this.state.nack(id, ids, { action, reason }, this.now))
    if (action !== 'stop') return
    const consumer = this.consumers.get(id)
    this.leave(id)
    consumer?.connection.end('dropped')
  }

  private leave(id: string): void {
    if (!this.consumers.delete(id) || this.isStopped) return
    this.answered(() => this.state.removeConsumer(id, this.now))
    if (this.consumers.size > 0) return
    this.stopListening?.()
    this.stopListening = undefined
    this.isLive = false
  }

  /** After anything a consumer did, there may be room for more. */
  private answered(work: () => void): void {
    if (this.isStopped) return
    work()
    if (this.hasRoom && (!this.isLive || this.replay.hasMore)) this.schedulePump()
  }

  private deliver(consumerId: string, message: GroupMessage): void {
    const consumer = this.consumers.get(consumerId)
    if (!consumer) return
    if (!consumer.connection.send(message.record, message.retryCount)) this.state.block(consumerId, true, this.now)
    this.armExpiry()
  }

  private handled({ origin }: GroupMessage, consumerId: string | undefined, latencyMs: number): void {
    this.meter.count()
    if (consumerId !== undefined)
      this.consumers.get(consumerId)?.handled(latencyMs, this.config.settings.extraStatistics)
    if (origin === 'source') this.checkpointer.handled()
    else this.replay.truncate()
  }

  private park(message: GroupMessage, reason: string): void {
    const parking = this.parkedStream.park({ ...message, reason }).then(
      () => {
        this.context.onStep('persistent-subscription:parked-written')
        this.state.parked(message, this.now)
      },
      (error: unknown) => {
        const { groupName } = this.config.key
        this.context.log.warning('A message could not be parked; it is delivered again', {
          groupName,
          reason: describeError(error),
        })
        if (!this.isStopped) this.state.parkingFailed(message, this.now)
      },
    )
    this.parkings.add(parking)
    void parking.then(() => {
      this.parkings.delete(parking)
      this.schedulePump()
    })
  }

  private schedulePump(): void {
    if (this.isPumpScheduled || this.isStopped || this.consumers.size === 0) return
    this.isPumpScheduled = true
    setImmediate(() => {
      this.isPumpScheduled = false
      if (this.isStopped || this.consumers.size === 0) return
      try {
        this.pump()
      } catch (error) {
        this.fail(error)
      }
    })
  }

  private pump(): void {
    if (this.replay.hasMore && this.hasRoom) this.replay.readPage(this.now)
    const { settings } = this.config
    for (let reads = 0; this.hasRoom; reads++) {
      if (reads === readsAtOnceMax) return this.schedulePump()
      const page = this.source.read(this.state.reached, Math.min(settings.readBatchSize, this.room))
      const messages = page.events.map(({ place, record }) =>
        this.toMessage(record, { origin: 'source', place, isLive: page.isLive && this.isLive }),
      )
      this.state.offer(messages, 'source', page.reached, this.now)
      this.checkpointer.skipped(page.skippedCount)
      this.isLive = page.isAtEnd
      if (page.isAtEnd) break
    }
    if (!this.hasRoom) this.isLive = false
    if (this.replay.hasMore && this.hasRoom) this.schedulePump()
  }

  /** How many more messages may wait. */
  private get room(): number {
    const { live, history } = this.state.counts
    return this.bufferSize - live - history
  }

  /** What is at the tail has a buffer of its own. */
  private get bufferSize(): number {
    const { liveBufferSize, historyBufferSize } = this.config.settings
    return this.isLive ? liveBufferSize : historyBufferSize
  }

  /** For a whole batch: one event at a time is read at the cost of many. */
  private get hasRoom(): boolean {
    const batchSize = Math.min(this.config.settings.readBatchSize, this.bufferSize)
    return (
      this.room >= batchSize && this.state.counts.waitingBytes < waitingBytesMax && this.parkings.size < parkingsMax
    )
  }

  /** A source that cannot be read is a damaged store: consumers are told by the end of their calls. */
  private fail(error: unknown): void {
    const { streamName, groupName } = this.config.key
    this.context.log.error('A persistent subscription cannot go on reading', {
      streamName,
      groupName,
      reason: describeError(error),
    })
    for (const [id, { connection }] of [...this.consumers]) {
      this.leave(id)
      connection.end('dropped')
    }
  }

  private armExpiry(): void {
    if (this.cancelExpiry || this.isStopped || this.config.settings.messageTimeoutMs === 0) return
    const dueAt = this.state.nextDueAt
    if (dueAt === Number.POSITIVE_INFINITY) return
    this.cancelExpiry = this.context.eventLog.clock.after(Math.max(1, dueAt - this.now), () => {
      this.cancelExpiry = undefined
      this.answered(() => this.state.expire(this.now))
      this.armExpiry()
    })
  }
}

/** Parked messages that wait for the disk. */
const parkingsMax = 1_000
