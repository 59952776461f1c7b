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
import { createGroupSource } from './group-source.ts'
import { GroupState, type NackAction } from './group-state.ts'
import { createToMessage } from './message-from-record.ts'
import { ParkedStream } from './parked-stream.ts'
import { Parkings } from './parkings.ts'
import { RateMeter } from './rate-meter.ts'
import { Replay } from './replay.ts'
import { SourcePump } from './source-pump.ts'

export type GroupContext = { readonly eventLog: EventLog; readonly log: Log; readonly onStep: ReachStep }

/** A consumer's place in the group. */
export type Seat = {
  ack(ids: readonly string[]): void
  nack(ids: readonly string[], action: NackAction, reason: string): void
  /** Sends nothing until `resume`; what was sent stays sent. */
  pause(): void
  resume(): void
  leave(): void
}

export class PersistentGroup {
  readonly config: GroupConfig
  private readonly context: GroupContext
  private readonly parkedStream: ParkedStream
  private readonly checkpointStream: CheckpointStream
  private readonly state: GroupState
  private readonly checkpointer: Checkpointer
  private readonly replay: Replay
  private readonly pump: SourcePump
  private readonly parkings: Parkings
  private readonly meter: RateMeter
  private readonly consumers = new Map<string, GroupConsumer>()
  private hasCheckpoint: boolean
  private nextConsumerId = 1
  private isStopped = false
  private cancelExpiry: (() => void) | undefined

  constructor(config: GroupConfig, context: GroupContext) {
    const { key, settings } = config
    const { eventLog } = context
    this.config = config
    this.context = { ...context, log: context.log.named('persistent-subscription') }
    this.parkedStream = new ParkedStream(eventLog, key)
    this.checkpointStream = new CheckpointStream(eventLog, key)
    this.meter = new RateMeter(this.now)
    const saved = this.loadCheckpoint()
    this.hasCheckpoint = saved !== undefined
    const startAfter = saved ?? config.startAfter
    this.state = new GroupState(
      { ...settings, order: toDispatchOrder(settings.strategy) },
      { source: startAfter, parked: this.parkedStream.firstRevision - 1 },
      {
        deliver: (consumerId, message) => this.deliver(consumerId, message),
        park: (message, reason) => this.parkings.begin(message, reason),
        handled: (message, consumerId, latencyMs) => this.handled(message, consumerId, latencyMs),
      },
    )
    const { log, onStep } = this.context
    const { clock } = eventLog
    const toMessage = createToMessage(eventLog, settings)
    this.replay = new Replay({ parked: this.parkedStream, state: this.state, toMessage, log, onStep })
    this.parkings = new Parkings({
      parked: this.parkedStream,
      clock,
      log,
      onStep,
      onParked: (message) => {
        this.state.parked(message, this.now)
        this.pump.roomMade()
      },
      onFailed: (message) => this.changed(() => this.state.parkingFailed(message, this.now)),
    })
    this.pump = new SourcePump({
      source: createGroupSource(eventLog, key, settings),
      state: this.state,
      replay: this.replay,
      toMessage,
      settings,
      clock,
      isWanted: () => this.consumers.size > 0 && !this.isStopped && !this.parkings.isFull,
      onSkipped: (count) => this.checkpointer.skipped(count),
      onFailed: (error) => this.fail(error),
    })
    this.checkpointer = new Checkpointer({
      settings,
      clock,
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

  /** The caller has asked `isFull`. `confirm` is called before the first message goes out, so that those can be paused. */
  connect(connection: ConsumerConnection, confirm: (seat: Seat) => void): Seat {
    const id = String(this.nextConsumerId++)
    const seat = this.seatOf(id)
    // Found in the moment between a change of the settings and the group that follows this one: nothing comes here any more.
    if (this.isStopped) connection.end('dropped')
    else this.seatConsumer(new GroupConsumer(id, connection, this.now), () => confirm(seat))
    return seat
  }

  private seatOf(id: string): Seat {
    return {
      ack: (ids) => this.ack(id, ids),
      nack: (ids, action, reason) => this.nack(id, ids, action, reason),
      pause: () => this.state.block(id, true, this.now),
      resume: () => this.changed(() => this.state.block(id, false, this.now)),
      leave: () => this.leave(id),
    }
  }

  /** At most `countMax` of the messages that are parked now. */
  replayParked(countMax: number | undefined): void {
    this.replay.begin(countMax)
    this.pump.roomMade()
  }

  info(): GroupInfo {
    const { streamName, groupName } = this.config.key
    const { counts } = this.state
    const { total, sinceLastLook, perSecond } = this.meter.look(this.now)
    const known = lastPlace(this.context.eventLog, streamName)
    const isCaughtUp = this.pump.isLive || this.state.reached >= known
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
    this.pump.stop()
    this.cancelExpiry?.()
    for (const { connection } of [...this.consumers.values()]) connection.end(end)
    this.consumers.clear()
    await this.parkings.stop()
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
    confirm()
    this.state.addConsumer(consumer.id, consumer.slotCount, this.now)
    this.pump.start()
  }

  /** Without a readable one the group begins again: what it has done comes once more, and nothing is lost. */
  private loadCheckpoint(): number | undefined {
    try {
      return this.checkpointStream.load()
    } catch (error) {
      this.context.log.error('The checkpoint of a persistent subscription cannot be read; it begins again', {
        ...this.config.key,
        reason: describeError(error),
      })
      return undefined
    }
  }

  private get now(): number {
    return this.context.eventLog.clock.now()
  }

  private ack(id: string, ids: readonly string[]): void {
    this.changed(() => this.state.ack(id, ids, this.now))
    this.context.onStep('persistent-subscription:ack-taken')
  }

  private nack(id: string, ids: readonly string[], action: NackAction, reason: string): void {
    this.changed(() => this.state.nack(id, ids, { action, reason }, this.now))
    if (action !== 'stop') return
    const consumer = this.consumers.get(id)
    this.leave(id)
    consumer?.connection.end('dropped')
  }

  private leave(id: string): void {
    if (!this.consumers.delete(id) || this.isStopped) return
    this.changed(() => this.state.removeConsumer(id, this.now))
    if (this.consumers.size === 0) this.pump.stop()
  }

  /** After anything that changes what waits there may be room for more. */
  private changed(work: () => void): void {
    if (this.isStopped) return
    work()
    this.pump.roomMade()
  }

  private deliver(consumerId: string, message: GroupMessage): void {
    this.consumers.get(consumerId)?.connection.send(message.record, message.retryCount, message.link)
    this.armExpiry()
  }

  private handled({ origin }: GroupMessage, consumerId: string | undefined, latencyMs: number): void {
    this.meter.count()
    if (consumerId !== undefined)
      this.consumers.get(consumerId)?.handled(latencyMs, this.config.settings.extraStatistics)
    if (origin === 'source') this.checkpointer.handled()
    else this.replay.handled()
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
    const { messageTimeoutMs } = this.config.settings
    if (this.cancelExpiry || this.isStopped || messageTimeoutMs === 0) return
    const dueAt = this.state.nextDueAt
    if (dueAt === Number.POSITIVE_INFINITY) return
    // Never longer than that, though the clock was put back.
    const delayMs = Math.min(messageTimeoutMs, Math.max(1, dueAt - this.now))
    this.cancelExpiry = this.context.eventLog.clock.after(delayMs, () => {
      this.cancelExpiry = undefined
      this.changed(() => this.state.expire(this.now))
      this.armExpiry()
    })
  }
}
