/**
 * A subscription to the whole log: history from the storage, then the tail from memory, by one cursor.
 *
 * Promises: every event after `after` that the filter takes, once, in order, until the sink closes. `caughtUp` when there
 * is nothing more to send, `fellBehind` when the tail has run out of memory before this client took it. With a filter, a
 * checkpoint every `checkpointEvery` events looked at, sent or not. The seam is safe because both sources are asked for
 * "after the cursor" and nothing is awaited between reading a page and moving the cursor through it.
 */
import type { StoredEvent } from '../storage/storage.ts'
import type { EventFilter } from './event-filter.ts'
import type { EventLog } from './event-log.ts'
import { pageLimits } from './event-log.ts'
import { readEventHeader } from './event-record.ts'
import { nextTurn, type SubscriptionSink, TurnTimer, waitForRoom } from './read-sink.ts'
import type { TailEntry } from './tail-ring.ts'
import { Waker } from './waker.ts'

export type AllSubscription = {
  /** A position, excluded. */
  readonly after: number
  readonly filter: EventFilter | undefined
  readonly checkpointEvery: number | undefined
  /** Told how far it has come, once a page. */
  readonly onReached?: (position: number) => void
}

export async function subscribeToAll(
  log: EventLog,
  subscription: AllSubscription,
  sink: SubscriptionSink,
): Promise<void> {
  const waker = new Waker()
  sink.onChange(waker.wake)
  const stopListening = log.listeners.add(waker.wake)
  try {
    sink.sendConfirmation()
    await follow(log, subscription, sink, waker)
  } finally {
    stopListening()
  }
}

async function follow(
  log: EventLog,
  { after, filter, checkpointEvery, onReached }: AllSubscription,
  sink: SubscriptionSink,
  waker: Waker,
) {
  let cursor = after
  let isLive = false
  let looked = 0
  while (!sink.isClosed) {
    const recent = log.tail.after(cursor, pageLimits.eventCountMax)
    if (!recent && isLive) {
      isLive = false
      sink.sendFellBehind({ position: cursor })
    }
    const page: (StoredEvent | TailEntry)[] =
      recent ?? log.readAll({ direction: 'forwards', after: cursor, before: Number.MAX_SAFE_INTEGER })
    if (page.length === 0) {
      if (!isLive) sink.sendCaughtUp({ position: cursor })
      isLive = true
      await waker.sleep()
      continue
    }
    const turn = new TurnTimer()
    for (const event of page) {
      if (filter && turn.isOver) await turn.pause()
      cursor = event.position
      if (!filter || filter('type' in event ? event : readEventHeader(event.record))) {
        if (sink.isFull && !(await waitForRoom(sink, waker))) return
        sink.sendEvent(event.record)
      }
      if (checkpointEvery !== undefined && ++looked >= checkpointEvery) {
        looked = 0
        if (sink.isFull && !(await waitForRoom(sink, waker))) return
        sink.sendCheckpoint(cursor)
      }
    }
    onReached?.(cursor)
    if (!isLive) await nextTurn()
  }
}
