import type { JsonObject } from '#kernel/json.ts'
import type { Position } from '#kernel/position.ts'

/** An event to append. The id is given by the caller, so that a retry appends nothing twice. */
export type NewEvent = {
  readonly id: string
  readonly type: string
  readonly data: JsonObject
  readonly metadata: JsonObject
}

/** An event as read. */
export type RecordedEvent = NewEvent & {
  readonly stream: string
  /** Place in its stream, from 0. */
  readonly revision: number
  readonly position: Position
  /** The store's own time, milliseconds since 1970; some readers give whole seconds only. */
  readonly storedAt: number
}

/** What the appender believes about the stream. */
export type ExpectedRevision = number | 'no-stream' | 'stream-exists' | 'any'
export type Appended = { readonly revision: number; readonly position: Position }

/** Chosen by the server: only matching events travel. */
export type EventFilter =
  | { readonly on: 'type' | 'stream'; readonly prefixes: readonly string[] }
  | { readonly on: 'type' | 'stream'; readonly regex: string }

export type FeedState = 'starting' | 'catching-up' | 'live' | 'waiting' | 'stopped'

export type FollowOptions = {
  /** Everything after this position; `end` starts with what is appended once the feed has said it is live. */
  readonly after: Position | 'end'
  readonly filter?: EventFilter
  /** At most this many events a batch. */
  readonly batchCountMax?: number
  /**
   * Events in position order, at least once; `upTo` is how far the log was looked through, filtered-out events included.
   * Now and then a batch has no events: then it only says how far the feed has come.
   * The next batch waits until this one's promise resolves. A rejection stops the feed and is reported by `finished`.
   * A handler does not wait for the feed's own `stop`, which waits for the handler.
   */
  readonly onBatch: (events: readonly RecordedEvent[], upTo: Position) => Promise<void>
  /** Reached the end of the log (true), or fell behind or lost the store (false). */
  readonly onLive?: (isLive: boolean) => void
}

export interface Feed {
  state(): FeedState
  /** Resolves after `stop`; rejects with what a handler threw. */
  readonly finished: Promise<void>
  /** Resolves when the last handler has returned. */
  stop(): Promise<void>
}

export type StoreHealth = {
  readonly state: 'connecting' | 'ready' | 'lost'
  readonly since: number
  readonly words: string
}

/**
 * The one port to the event store.
 *
 * Promises: an append is all or nothing and durable when it resolves; events of one stream have revisions without gaps;
 * a feed resumes by itself after the store was away. Retries what is safe to retry.
 * Asks: event ids are the caller's and stable over retries; the expected revision is always said.
 * Errors: PlatformError `revision-conflict` (facts: stream, expected, found), `unavailable`, `timeout`, `too-large`, `forbidden`.
 */
export interface EventStore {
  append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended>
  /** A page of a stream; empty when the stream does not exist. `from` is inclusive. */
  readStream(
    stream: string,
    options?: { from?: number | 'start' | 'end'; direction?: 'forwards' | 'backwards'; countMax?: number },
  ): Promise<readonly RecordedEvent[]>
  /** A page of the whole log, system events left out. `beyond` is exclusive in both directions. */
  readLog(options: {
    beyond: Position | 'start' | 'end'
    direction: 'forwards' | 'backwards'
    countMax: number
    filter?: EventFilter
  }): Promise<readonly RecordedEvent[]>
  /** Position of the last event in the log, system events left out, or the start of an empty log. */
  head(): Promise<Position>
  follow(options: FollowOptions): Feed
  /** How long and how much a stream keeps. */
  keep(stream: string, retention: { maxAgeSeconds?: number; maxCount?: number }): Promise<void>
  health(): StoreHealth
  onHealth(listener: (health: StoreHealth) => void): () => void
  close(): Promise<void>
}
