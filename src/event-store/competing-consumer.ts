import type { EventFilter, RecordedEvent } from './event-store.ts'

/**
 * The port to a group of consumers that share the matching events of the whole log: each event goes to one of them.
 *
 * Promises: an event that nobody answers comes again, to this consumer or to another; so it comes at least once. The
 * group is made when it does not exist, and remembers by itself how far it has come. A consumer goes on by itself after the
 * store was away. At most `bufferCountMax` events are with a consumer unanswered, in no particular order.
 * Asks: `onDelivery` returns at once and answers each delivery once, sooner or later; what it does bears repeating.
 */
export interface CompetingConsumers {
  join(options: JoinOptions): CompetingConsumer
}

export type JoinOptions = {
  readonly group: string
  /** Counts when the group is made: one that exists keeps its own. */
  readonly filter: EventFilter
  readonly bufferCountMax: number
  readonly onDelivery: (delivery: Delivery) => void
}

export interface CompetingConsumer {
  state(): ConsumerState
  /** Gives back what is unanswered, to whoever is free, and takes nothing until `comeBack`. */
  leave(): void
  comeBack(): void
  /** Leaves for good. */
  stop(): Promise<void>
}

export type ConsumerState = 'joining' | 'joined' | 'left' | 'waiting' | 'stopped'

/** One event, waiting for its answer. An answer that comes too late, after the store was away, is no answer. */
export type Delivery = {
  readonly event: RecordedEvent
  /** How often it was delivered before, as far as the store knows. */
  readonly retryCount: number
  /** Done: it does not come again. */
  ack(): void
  /** `retry`: somebody gets it again, soon; `park`: put aside until a person looks at it. */
  nack(action: 'retry' | 'park', reason: string): void
}
