import type { AllStreamResolvedEvent, CaughtUp, KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { type Position, toPosition } from '#kernel/position.ts'
import type { EventFilter, RecordedEvent } from '../event-store.ts'
import { toReadPosition } from './reader.ts'
import { isSystemEvent, toRecordedEvent } from './recorded-event.ts'
import { toServerFilter } from './server-filter.ts'
import { toStoreError } from './store-error.ts'

/** What arrived since the last look. `isLive` is said where it changes, after the events it comes behind. */
export type TailBatch = {
  readonly events: readonly RecordedEvent[]
  readonly upTo: Position | undefined
  readonly isLive: boolean | undefined
}

/**
 * A subscription as a bounded queue.
 *
 * Promises: everything after `after` in order, each once; when the taker is behind, the server is held back through
 * the stream's own flow control. `take` waits for at least one thing, and throws once the subscription is lost and
 * what it had brought is taken.
 * Asks: one taker; `close` in the end, as nothing else cancels a subscription.
 */
export interface LiveTail {
  take(): Promise<TailBatch>
  /** Makes a waiting `take` throw. */
  close(): void
}

/** Travels through the subscription's own buffer, so that it cannot overtake the events before it. */
class Mark {
  readonly position: Position | undefined
  readonly isLive: boolean | undefined

  constructor(position: Position | undefined, isLive?: boolean) {
    this.position = position
    this.isLive = isLive
  }
}

type Arrival = RecordedEvent | Mark

export type LiveTailOptions = {
  readonly client: KurrentDBClient
  readonly clock: Clock
  readonly after: Position
  readonly filter: EventFilter | undefined
  readonly countMax: number
}

const confirmDeadlineMs = 15_000

export function openLiveTail({ client, clock, after, filter, countMax }: LiveTailOptions): LiveTail {
  let arrived: Arrival[] = []
  let failure: PlatformError | undefined
  let waiting: Deferred<void> | undefined

  const serverFilter = toServerFilter(filter, (_, position) =>
    pushMark(new Mark(toPosition(position.commit, position.prepare))),
  )
  const subscription = client.subscribeToAll({ fromPosition: toReadPosition(after), filter: serverFilter })
  subscription.on('data', (arrival: AllStreamResolvedEvent | Mark) => {
    const taken = arrival instanceof Mark ? arrival : toRecordedEvent(arrival)
    if (taken === undefined) return
    arrived.push(taken)
    if (arrived.length >= countMax) subscription.pause()
    waiting?.resolve()
  })
  subscription.on('caughtUp', (found) => pushMark(new Mark(positionOf(found), true)))
  subscription.on('fellBehind', () => pushMark(new Mark(undefined, false)))
  subscription.on('error', fail)
  subscription.on('end', () => fail(new PlatformError('unavailable', 'The server ended the subscription')))
  subscription.on('close', () => fail(new PlatformError('unavailable', 'The subscription was closed')))
  const cancelConfirmDeadline = clock.after(confirmDeadlineMs, () =>
    fail(new PlatformError('timeout', `The server did not confirm the subscription within ${confirmDeadlineMs} ms`)),
  )
  subscription.on('confirmation', cancelConfirmDeadline)

  function pushMark(mark: Mark): void {
    subscription.push(mark)
  }

  function fail(error: unknown): void {
    cancelConfirmDeadline()
    failure ??= toStoreError(error, 'Following the log')
    waiting?.resolve()
  }

  return {
    take: async () => {
      if (arrived.length === 0) await somethingArrived()
      if (arrived.length === 0 && failure) throw failure
      const taken = splitBehindLive(arrived, countMax)
      arrived = taken.rest
      if (subscription.isPaused() && arrived.length < countMax) subscription.resume()
      return toBatch(taken.first)
    },
    close: () => {
      fail(new PlatformError('unavailable', 'The feed let go of the subscription'))
      void subscription.unsubscribe().catch(() => undefined)
    },
  }

  async function somethingArrived(): Promise<void> {
    if (failure) return
    waiting = createDeferred()
    await waiting.promise
    waiting = undefined
    // What the same packet brought is one batch: an append's events stay together. This turn costs no timer.
    if (!failure) await new Promise((resolve) => setImmediate(resolve))
  }
}

/** At most `countMax` arrivals, ending behind the first change between live and not live. */
function splitBehindLive(arrived: Arrival[], countMax: number): { first: Arrival[]; rest: Arrival[] } {
  const change = arrived.findIndex((arrival) => arrival instanceof Mark && arrival.isLive !== undefined)
  const count = Math.min(change < 0 ? arrived.length : change + 1, countMax)
  if (count === arrived.length) return { first: arrived, rest: [] }
  return { first: arrived.slice(0, count), rest: arrived.slice(count) }
}

function toBatch(arrivals: readonly Arrival[]): TailBatch {
  const last = arrivals.at(-1)
  const events: RecordedEvent[] = []
  let upTo: Position | undefined
  for (const arrival of arrivals) {
    upTo = arrival.position ?? upTo
    if (!(arrival instanceof Mark) && !isSystemEvent(arrival)) events.push(arrival)
  }
  return { events, upTo, isLive: last instanceof Mark ? last.isLive : undefined }
}

/** Newer servers say where they caught up; for others the next event does. */
function positionOf(found: unknown): Position | undefined {
  const { position } = (found ?? {}) as CaughtUp
  return position && toPosition(position.commit, position.prepare)
}
