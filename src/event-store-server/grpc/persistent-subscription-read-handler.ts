/**
 * PersistentSubscriptions.Read: a consumer's call, for as long as it is connected.
 *
 * Promises: the confirmation comes before the first message; a client that does not read gets nothing more until it does;
 * however the call ends, the group hears of it and gives what was in flight to others.
 */
import type { ServerDuplexStream } from '@grpc/grpc-js'
import { newUuid } from '#kernel/ids.ts'
import type { Caller, Operation } from '../access/access.ts'
import { toStreamOperation } from '../access/stream-operation.ts'
import type { ConsumerEnd } from '../persistent-subscriptions/group-consumer.ts'
import type { ResolvedLink } from '../persistent-subscriptions/group-message.ts'
import type { GroupKey } from '../persistent-subscriptions/group-settings.ts'
import type { Seat } from '../persistent-subscriptions/persistent-group.ts'
import type { PersistentSubscriptions } from '../persistent-subscriptions/persistent-subscriptions.ts'
import { createLinkResolver } from '../streams/link-resolution.ts'
import { GatheredMessages } from './gathered-messages.ts'
import { isGivenUp } from './given-up.ts'
import { isAdmitted, type ServiceContext } from './grpc-service.ts'
import { groupDoesNotExist, groupDropped, groupIsFull } from './persistent-subscription-failures.ts'
import {
  type ConsumerRequest,
  decodeConsumerRequest,
  encodeDelivery,
  encodeSubscriptionConfirmation,
} from './persistent-subscription-read-messages.ts'
import { badRequest, type RpcFailure, serverStopping, toRpcFailure } from './rpc-failure.ts'

export function createConsumerHandler(context: ServiceContext, subscriptions: PersistentSubscriptions) {
  return (call: ServerDuplexStream<Buffer, Buffer>): void => {
    const consumer = new ConsumerCall(context, subscriptions, call)
    consumer.open().catch((error: unknown) => consumer.fail(toRpcFailure(error)))
  }
}

class ConsumerCall {
  private readonly context: ServiceContext
  private readonly subscriptions: PersistentSubscriptions
  private readonly call: ServerDuplexStream<Buffer, Buffer>
  private readonly messages: GatheredMessages
  private seat: Seat | undefined
  private acknowledged: string[] = []
  private hasOptions = false
  private isOver = false
  private forget: () => void = () => undefined
  private stopWatching: () => void = () => undefined

  constructor(
    context: ServiceContext,
    subscriptions: PersistentSubscriptions,
    call: ServerDuplexStream<Buffer, Buffer>,
  ) {
    this.context = context
    this.subscriptions = subscriptions
    this.call = call
    this.messages = new GatheredMessages({
      call,
      onFull: () => this.seat?.pause(),
      onRoom: () => this.seat?.resume(),
    })
  }

  /** Nothing is read from the call until its caller is known; it may be over by then. */
  async open(): Promise<void> {
    this.call.on('error', () => this.close())
    this.call.on('cancelled', () => this.close())
    this.call.on('close', () => this.close())
    this.forget = this.context.openCalls.add((failure) => this.fail(failure))
    if (isGivenUp(this.call)) return this.close()
    const caller = await this.context.access.identify(this.call)
    if (this.isOver) return
    this.call.on('data', (bytes: Buffer) => this.receive(bytes, caller))
    this.call.on('end', () => {
      if (this.isOver) return
      this.close()
      this.call.end()
    })
  }

  fail(failure: RpcFailure): void {
    if (this.isOver) return
    this.messages.flush()
    this.close()
    this.call.emit('error', failure)
  }

  private receive(bytes: Buffer, caller: Caller): void {
    if (this.isOver) return
    try {
      this.take(decodeConsumerRequest(bytes), caller)
    } catch (error) {
      this.fail(toRpcFailure(error))
    }
  }

  private take(request: ConsumerRequest, caller: Caller): void {
    if (request.kind === 'options') {
      if (this.hasOptions) throw badRequest('A consumer gives its options once, as the first message.')
      this.hasOptions = true
      this.sitDown(request, caller).catch((error: unknown) => this.fail(toRpcFailure(error)))
      return
    }
    if (!this.seat) throw badRequest("A consumer's first message is its options.")
    if (request.kind === 'ack') return this.gather(request.ids)
    this.flushAcknowledged()
    this.seat.nack(request.ids, request.action, request.reason)
  }

  /** Acknowledgements that came together are taken together, and what they make room for leaves in one write. */
  private gather(ids: readonly string[]): void {
    if (this.acknowledged.length === 0) setImmediate(this.flushAcknowledged)
    for (const id of ids) this.acknowledged.push(id)
  }

  private readonly flushAcknowledged = (): void => {
    const ids = this.acknowledged
    this.acknowledged = []
    if (ids.length > 0) this.seat?.ack(ids)
  }

  private async sitDown({ key, bufferSize, uuids }: ConsumerRequest & { kind: 'options' }, caller: Caller) {
    const { access } = this.context
    const consuming: Operation = { kind: 'consume-persistent-subscription', ...key }
    await this.subscriptions.settled()
    if (this.isOver) return
    // Not before the wait: nothing may change between this and the watch.
    access.check(caller, consuming)
    const group = this.subscriptions.find(key)
    if (!group) throw groupDoesNotExist(key)
    if (group.isFull) throw groupIsFull(key)
    const connection = {
      from: this.call.getPeer(),
      userName: caller.name ?? 'anonymous',
      connectionName: String(this.call.metadata.get('connection-name')[0] ?? ''),
      bufferSize,
      send: (record: Buffer, retryCount: number, link: ResolvedLink | undefined) => {
        try {
          this.messages.send(encodeDelivery(link ? this.showLink(caller, record, link) : record, retryCount, uuids))
          this.context.statistics.totals.eventsOut++
        } catch (error) {
          // The group is in the middle of handing out, to others too: this consumer leaves after that.
          queueMicrotask(() => this.fail(toRpcFailure(error)))
        }
      },
      end: (reason: ConsumerEnd) => this.fail(toFailure(key, reason)),
    }
    const seat = group.connect(connection, (taken) => {
      this.seat = taken
      this.messages.send(encodeSubscriptionConfirmation(`${key.streamName}::${key.groupName}::${newUuid()}`))
    })
    if (this.isOver) return seat.leave()
    this.seat = seat
    this.stopWatching = access.watch(caller, consuming, (denied) => this.fail(toRpcFailure(denied)))
  }

  /** The group resolves links for all its consumers; what they lead to is for those who may read it. */
  private showLink(caller: Caller, resolved: Buffer, { stored, targetStream }: ResolvedLink): Buffer {
    const { access, eventLog } = this.context
    const isAllowed = isAdmitted(access, caller, toStreamOperation('read', targetStream))
    return isAllowed ? resolved : createLinkResolver(eventLog, () => false)(stored)
  }

  private close(): void {
    if (this.isOver) return
    this.isOver = true
    this.forget()
    this.stopWatching()
    this.flushAcknowledged()
    this.seat?.leave()
  }
}

function toFailure(key: GroupKey, reason: ConsumerEnd): RpcFailure {
  return reason === 'server-stopping' ? serverStopping() : groupDropped(key)
}
