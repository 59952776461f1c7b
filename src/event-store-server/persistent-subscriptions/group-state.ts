/**
 * One persistent subscription group as a machine: messages come in, go to consumers, come back, and are dealt with.
 * No clock, no log, no network: the time is told with every call, and what has to happen outside is said to `effects`.
 *
 * Promises: a message is delivered until it is acknowledged, skipped or parked, and a message to be parked is not done
 * before `parked` was called; `checkpoint` never passes one that is not done. After `maxRetryCount` further attempts a
 * message is parked. A consumer has at most its slots in flight; when it goes, what it had goes to others, with the
 * count of attempts it has. Every call costs as much as it names messages.
 */
import { ConsumerSlots } from './consumer-slots.ts'
import { Dispatcher, type DispatchOrder } from './dispatcher.ts'
import type { GroupMessage, NewMessage } from './group-message.ts'
import { OutstandingMessages } from './outstanding-messages.ts'
import { Progress } from './progress.ts'

export type GroupEffects = {
  deliver(consumerId: string, message: GroupMessage): void
  /** Answered by `parked` or `parkingFailed`. */
  park(message: GroupMessage, reason: string): void
  /** `latencyMs` is how long the last consumer had it. */
  handled(message: GroupMessage, consumerId: string | undefined, latencyMs: number): void
}

export type GroupRules = {
  readonly order: DispatchOrder
  /** 0: no limit. */
  readonly messageTimeoutMs: number
  readonly maxRetryCount: number
}

export type NackAction = 'unknown' | 'park' | 'retry' | 'skip' | 'stop'

export class GroupState {
  private readonly rules: GroupRules
  private readonly effects: GroupEffects
  private readonly dispatcher: Dispatcher
  private readonly consumers = new Map<string, ConsumerSlots>()
  private readonly outstanding = new OutstandingMessages()
  private readonly source: Progress
  private readonly replay: Progress
  private nextSequence = 0
  private waitingLive = 0
  private waitingHistory = 0
  private waitingRetries = 0
  private waitingBytes = 0
  private inFlight = 0

  /** Both places are dealt with already: of the source, and of the parked stream. */
  constructor(rules: GroupRules, startAfter: { source: number; parked: number }, effects: GroupEffects) {
    this.rules = rules
    this.effects = effects
    this.dispatcher = new Dispatcher(rules.order)
    this.source = new Progress(startAfter.source)
    this.replay = new Progress(startAfter.parked)
  }

  /** Everything in the source up to here is done. */
  get checkpoint(): number {
    return this.source.doneUpTo
  }

  /** The source was read up to here. */
  get reached(): number {
    return this.source.reached
  }

  /** Of the parked stream: replayed and done with, and read so far. */
  get replayed(): { readonly doneUpTo: number; readonly reached: number; readonly unhandledCount: number } {
    return this.replay
  }

  get counts() {
    return {
      live: this.waitingLive,
      history: this.waitingHistory,
      retries: this.waitingRetries,
      inFlight: this.inFlight,
      outstanding: this.outstanding.size,
      waitingBytes: this.waitingBytes,
      unhandled: this.source.unhandledCount,
    }
  }

  inFlightOf(consumerId: string): number {
    return this.consumers.get(consumerId)?.inFlight.size ?? 0
  }

  addConsumer(id: string, slotCount: number, now: number): void {
    const consumer = new ConsumerSlots(id, slotCount)
    this.consumers.set(id, consumer)
    this.dispatcher.addConsumer(consumer)
    this.dispatch(now)
  }

  removeConsumer(id: string, now: number): void {
    const consumer = this.consumers.get(id)
    if (!consumer) return
    this.consumers.delete(id)
    this.dispatcher.removeConsumer(consumer)
    // No answer can come from it any more, so it is not remembered as one who had them.
    for (const message of [...consumer.inFlight]) {
      this.takeBack(message)
      this.wait(message)
    }
    this.dispatch(now)
  }

  /** Its connection takes nothing more, or takes again. */
  block(id: string, isBlocked: boolean, now: number): void {
    const consumer = this.consumers.get(id)
    if (!consumer) return
    consumer.isBlocked = isBlocked
    if (isBlocked) return
    this.dispatcher.wake(consumer)
    this.dispatch(now)
  }

  /** Messages in the order of their places, and how far their origin was read by that. */
  offer(messages: readonly NewMessage[], origin: NewMessage['origin'], reached: number, now: number): void {
    const progress = origin === 'source' ? this.source : this.replay
    for (const message of messages) {
      const entry = progress.begin(message.place)
      this.wait({
        ...message,
        sequence: this.nextSequence++,
        state: 'pending',
        retryCount: 0,
        progress: entry,
        flight: undefined,
        wasOut: false,
        earlierConsumers: undefined,
      })
    }
    progress.reach(reached)
    this.dispatch(now)
  }

  ack(consumerId: string, ids: readonly string[], now: number): void {
    for (const id of ids) {
      const message = this.find(consumerId, id)
      if (message) this.finish(message, now)
    }
    this.dispatch(now)
  }

  nack(consumerId: string, ids: readonly string[], nack: { action: NackAction; reason: string }, now: number): void {
    for (const id of ids) {
      const message = this.find(consumerId, id)
      // Somebody else has it by now and may do better.
      const isTakenOver = message?.flight !== undefined && message.flight.consumer.id !== consumerId
      if (message && !isTakenOver) this.refuse(message, nack, now)
    }
    // Who wants to stop gets nothing more, what it has just given back least of all.
    if (nack.action === 'stop') this.removeConsumer(consumerId, now)
    else this.dispatch(now)
  }

  /** Takes back what was out longer than the timeout. */
  expire(now: number): void {
    for (const consumer of this.consumers.values()) {
      startAgainFrom(now, consumer)
      for (let message = consumer.inFlight.first; message; message = consumer.inFlight.first) {
        if (dueAt(message, this.rules) > now) break
        this.retry(message)
      }
    }
    this.dispatch(now)
  }

  /** When `expire` has something to do, unless it was dealt with by then. */
  get nextDueAt(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { inFlight } of this.consumers.values())
      if (inFlight.first) next = Math.min(next, dueAt(inFlight.first, this.rules))
    return next
  }

  parked(message: GroupMessage, now: number): void {
    if (message.state === 'parking') this.finish(message, now)
  }

  /** Back to the consumers, until somebody deals with it or parking succeeds. */
  parkingFailed(message: GroupMessage, now: number): void {
    if (message.state !== 'parking') return
    this.deliverLater(message)
    this.dispatch(now)
  }

  private find(consumerId: string, id: string): GroupMessage | undefined {
    const consumer = this.consumers.get(consumerId)
    return consumer && this.outstanding.find(id, consumer)
  }

  private refuse(message: GroupMessage, { action, reason }: { action: NackAction; reason: string }, now: number): void {
    switch (action) {
      case 'park':
        return this.park(message, `A consumer asked for it: ${reason}`)
      case 'skip':
        return this.finish(message, now)
      default:
        return this.retry(message)
    }
  }

  private dispatch(now: number): void {
    for (let next = this.dispatcher.next(); next; next = this.dispatcher.next()) {
      const { consumer, message } = next
      this.countWaiting(message, -1)
      this.inFlight++
      message.state = 'in-flight'
      message.wasOut = true
      message.flight = { consumer, entry: consumer.take(message), deliveredAt: now }
      this.outstanding.add(message)
      this.effects.deliver(consumer.id, message)
    }
  }

  private retry(message: GroupMessage): void {
    // A late "retry" for one that waits for it already changes nothing.
    if (message.state === 'pending') return
    if (message.retryCount >= this.rules.maxRetryCount)
      return this.park(message, `It was tried ${message.retryCount + 1} times in vain`)
    message.retryCount++
    this.deliverLater(message)
  }

  private deliverLater(message: GroupMessage): void {
    if (message.flight) {
      message.earlierConsumers ??= new Set()
      for (const earlier of message.earlierConsumers) if (earlier.isGone) message.earlierConsumers.delete(earlier)
      message.earlierConsumers.add(message.flight.consumer)
    }
    this.takeBack(message)
    this.wait(message)
  }

  private park(message: GroupMessage, reason: string): void {
    this.takeBack(message)
    message.state = 'parking'
    this.outstanding.remove(message)
    this.effects.park(message, reason)
  }

  private finish(message: GroupMessage, now: number): void {
    const { flight } = message
    this.takeBack(message)
    message.state = 'handled'
    this.outstanding.remove(message)
    const progress = message.origin === 'source' ? this.source : this.replay
    progress.finish(message.progress)
    this.effects.handled(message, flight?.consumer.id, flight ? now - flight.deliveredAt : 0)
  }

  /** From its consumer, or from among those that wait. */
  private takeBack(message: GroupMessage): void {
    const { flight, state } = message
    if (state === 'pending') this.countWaiting(message, -1)
    if (!flight) return
    flight.consumer.release(flight.entry)
    this.dispatcher.wake(flight.consumer)
    message.flight = undefined
    this.inFlight--
  }

  private wait(message: GroupMessage): void {
    message.state = 'pending'
    this.countWaiting(message, 1)
    // What was parked goes, like what was out already, before what is new.
    this.dispatcher.push(message, message.wasOut || message.origin === 'parked' ? 'retry' : 'fresh')
  }

  private countWaiting(message: GroupMessage, by: 1 | -1): void {
    if (message.wasOut) this.waitingRetries += by
    else if (message.isLive) this.waitingLive += by
    else this.waitingHistory += by
    this.waitingBytes += by * message.record.length
  }
}

/** What was delivered later than now went out before the clock was put back: its time begins anew. */
function startAgainFrom(now: number, { inFlight }: ConsumerSlots): void {
  for (const message of inFlight) {
    if (!message.flight || message.flight.deliveredAt <= now) return
    message.flight = { ...message.flight, deliveredAt: now }
  }
}

function dueAt({ flight }: GroupMessage, { messageTimeoutMs }: GroupRules): number {
  return flight && messageTimeoutMs > 0 ? flight.deliveredAt + messageTimeoutMs : Number.POSITIVE_INFINITY
}
