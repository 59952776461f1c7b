import type { ServerWritableStream } from '@grpc/grpc-js'
import type { Clock } from '#kernel/clock.ts'
import type { LivePlace, SubscriptionSink } from '../streams/read-sink.ts'
import { GatheredMessages } from './gathered-messages.ts'
import { isGivenUp } from './given-up.ts'
import {
  encodeCaughtUp,
  encodeCheckpoint,
  encodeConfirmation,
  encodeFellBehind,
  encodeStreamNotFound,
} from './read-messages.ts'
import type { RpcFailure } from './rpc-failure.ts'

/** Where sent events are counted over all calls. */
export type Traffic = { eventsOut: number }

export type CallSinkOptions = {
  readonly call: ServerWritableStream<Buffer, Buffer>
  readonly clock: Clock
  readonly subscriptionId: string
  readonly traffic: Traffic
}

/** One Read call as a sink. Closed when the client went away or when the server has ended it; ended once. */
export class CallSink implements SubscriptionSink {
  private readonly call: ServerWritableStream<Buffer, Buffer>
  private readonly clock: Clock
  readonly subscriptionId: string
  private readonly traffic: Traffic
  private readonly messages: GatheredMessages
  private listener: () => void = () => undefined
  private fullSince = 0
  /** Events sent on this call. */
  sentCount = 0
  /** How long its reader let the call wait, in all. */
  waitedMs = 0
  isFull = false
  isClosed = false
  /** Set when this reader wants events in another shape than they are stored in. */
  reshape: ((record: Buffer) => Buffer) | undefined

  constructor({ call, clock, subscriptionId, traffic }: CallSinkOptions) {
    this.call = call
    this.clock = clock
    this.subscriptionId = subscriptionId
    this.traffic = traffic
    this.messages = new GatheredMessages({ call, onFull: () => this.fill(), onRoom: () => this.drain() })
    call.on('cancelled', () => this.close())
    call.on('close', () => this.close())
    if (isGivenUp(call)) this.isClosed = true
  }

  onChange(listener: () => void): void {
    this.listener = listener
  }

  sendEvent(record: Buffer): void {
    this.sentCount++
    this.traffic.eventsOut++
    this.send(this.reshape ? this.reshape(record) : record)
  }

  sendConfirmation(): void {
    this.send(encodeConfirmation(this.subscriptionId))
  }

  sendCheckpoint(position: number): void {
    this.send(encodeCheckpoint(position, this.clock.now()))
  }

  sendCaughtUp(place: LivePlace): void {
    this.send(encodeCaughtUp(place, this.clock.now()))
  }

  sendFellBehind(place: LivePlace): void {
    this.send(encodeFellBehind(place, this.clock.now()))
  }

  sendStreamNotFound(streamName: string): void {
    this.send(encodeStreamNotFound(streamName))
  }

  /** Any other message of this call, encoded. */
  sendMessage(message: Buffer): void {
    this.send(message)
  }

  end(): void {
    if (this.isClosed) return
    this.messages.flush()
    this.close()
    this.call.end()
  }

  fail(failure: RpcFailure): void {
    if (this.isClosed) return
    this.messages.flush()
    this.close()
    this.call.emit('error', failure)
  }

  private send(message: Buffer): void {
    if (!this.isClosed) this.messages.send(message)
  }

  private fill(): void {
    this.isFull = true
    this.fullSince = performance.now()
  }

  private drain(): void {
    this.waitedMs += performance.now() - this.fullSince
    this.isFull = false
    this.listener()
  }

  private close(): void {
    this.isClosed = true
    this.listener()
  }
}
