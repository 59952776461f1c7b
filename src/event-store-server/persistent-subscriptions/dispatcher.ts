/**
 * Who gets which message next: the consumer strategies of the protocol.
 *
 * - round-robin: the consumers take turns.
 * - dispatch-to-single: one takes until it is full, then the next.
 * - pinned: messages of one bucket go to one consumer; buckets are spread over the consumers, and only those of a consumer
 *   that goes, or a fair share for one that comes, change hands. A full consumer holds up its own buckets only, until the
 *   group's buffer is full of them.
 *
 * Promises: retries come before new messages, each in the order they were pushed; a consumer without room gets nothing;
 * `next` costs the same however many messages and consumers there are.
 */
import type { ConsumerSlots } from './consumer-slots.ts'
import { Fifo } from './fifo.ts'
import type { GroupMessage } from './group-message.ts'
import { Lane } from './lane.ts'
import { PinnedBuckets } from './pinned-buckets.ts'

export type DispatchOrder = 'round-robin' | 'dispatch-to-single' | 'pinned'

export class Dispatcher {
  private readonly order: DispatchOrder
  /** For all, where nothing is pinned; for messages nobody is there to take, where it is. */
  private readonly shared = new Lane()
  private readonly lanes = new Map<ConsumerSlots, Lane>()
  private readonly buckets = new PinnedBuckets()
  private readonly consumers = new Fifo<ConsumerSlots>()

  constructor(order: DispatchOrder) {
    this.order = order
  }

  addConsumer(consumer: ConsumerSlots): void {
    if (this.order === 'pinned') {
      this.buckets.add(consumer)
      this.lanes.set(consumer, new Lane())
      this.dealAgain()
    }
    this.wake(consumer)
  }

  removeConsumer(consumer: ConsumerSlots): void {
    consumer.isGone = true
    this.consumers.remove(consumer)
    if (this.order !== 'pinned') return
    this.buckets.remove(consumer)
    const lane = this.lanes.get(consumer)
    this.lanes.delete(consumer)
    this.dealAgain(lane)
  }

  push(message: GroupMessage, kind: 'fresh' | 'retry'): void {
    const owner = this.order === 'pinned' ? this.buckets.ownerOf(message.bucket) : undefined
    this.laneOf(owner)[kind].push(message)
    if (owner) this.wake(owner)
  }

  /** The consumer may have room again. */
  wake(consumer: ConsumerSlots): void {
    if (consumer.isQueued || !consumer.hasRoom) return
    consumer.isQueued = true
    this.consumers.push(consumer)
  }

  /** The caller gives the message to the consumer before it asks again. */
  next(): { readonly consumer: ConsumerSlots; readonly message: GroupMessage } | undefined {
    for (let consumer = this.consumers.first; consumer; consumer = this.consumers.first) {
      if (!consumer.hasRoom) {
        this.leaveQueue(consumer)
        continue
      }
      const lane = this.laneOf(this.order === 'pinned' ? consumer : undefined)
      const message = lane.shift()
      if (message) {
        if (this.order !== 'dispatch-to-single') this.consumers.push(this.consumers.shift() ?? consumer)
        return { consumer, message }
      }
      if (lane === this.shared) return undefined
      this.leaveQueue(consumer)
    }
    return undefined
  }

  private leaveQueue(consumer: ConsumerSlots): void {
    this.consumers.shift()
    consumer.isQueued = false
  }

  private laneOf(consumer: ConsumerSlots | undefined): Lane {
    return (consumer && this.lanes.get(consumer)) ?? this.shared
  }

  /** After buckets changed hands; what waits keeps its order. */
  private dealAgain(orphaned?: Lane): void {
    const lanes = [this.shared, ...this.lanes.values(), ...(orphaned ? [orphaned] : [])]
    for (const kind of ['retry', 'fresh'] as const) {
      const waiting = lanes.flatMap((lane) => lane.drain(kind)).sort((a, b) => a.sequence - b.sequence)
      for (const message of waiting) this.push(message, kind)
    }
  }
}
