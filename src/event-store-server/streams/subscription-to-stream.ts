/**
 * A subscription to one stream, which need not exist yet: visible history, then the tail, by revision.
 *
 * Promises as for the whole log. A stream that is deleted and written again goes on with its next revision; a tombstone
 * ends the subscription with `StreamTombstoned` after everything before it was sent.
 */
import type { StoredEvent, StoredStream } from '../storage/storage.ts'
import type { EventLog } from './event-log.ts'
import { pageLimits } from './event-log.ts'
import { readEventHeader } from './event-record.ts'
import { nextTurn, type SubscriptionSink, waitForRoom } from './read-sink.ts'
import { Waker } from './waker.ts'

export type StreamSubscription = {
  readonly streamName: string
  /** A revision, excluded; -1 from the first event. */
  readonly after: number
  /** Told how far it has come, once a page. */
  readonly onReached?: (revision: number) => void
}

export class StreamTombstoned extends Error {
  override readonly name = 'StreamTombstoned'
  readonly streamName: string

  constructor(streamName: string) {
    super(`The stream ${streamName} was deleted for ever.`)
    this.streamName = streamName
  }
}

export async function subscribeToStream(
  log: EventLog,
  subscription: StreamSubscription,
  sink: SubscriptionSink,
): Promise<void> {
  const waker = new Waker()
  sink.onChange(waker.wake)
  const stopListening = log.listeners.add(waker.wake, subscription.streamName)
  try {
    sink.sendConfirmation()
    await follow(log, subscription, sink, waker)
  } finally {
    stopListening()
  }
}

async function follow(
  log: EventLog,
  { streamName, after, onReached }: StreamSubscription,
  sink: SubscriptionSink,
  waker: Waker,
) {
  let cursor = after
  let isLive = false
  while (!sink.isClosed) {
    const stream = log.findStream(streamName)
    // What a deletion or a truncation has hidden is not history any more: the cursor steps over it.
    if (stream) cursor = Math.max(cursor, Math.min(stream.truncateBefore - 1, stream.revision))
    if (!stream || stream.revision <= cursor) {
      if (stream?.isTombstoned) throw new StreamTombstoned(streamName)
      if (!isLive) sink.sendCaughtUp({ revision: Math.min(cursor, stream?.revision ?? -1) })
      isLive = true
      await waker.sleep()
      continue
    }
    const recent = isLive ? log.tail.afterRevision(streamName, cursor, pageLimits.eventCountMax) : undefined
    if (!recent && isLive) {
      isLive = false
      sink.sendFellBehind({ revision: cursor })
    }
    const page = recent ?? readHistory(log, stream, cursor)
    for (const event of page) {
      if (sink.isFull && !(await waitForRoom(sink, waker))) return
      sink.sendEvent(event.record)
    }
    const last = page.at(-1)
    cursor = last ? readEventHeader(last.record).revision : stream.revision
    onReached?.(cursor)
    if (!isLive) await nextTurn()
  }
}

function readHistory(log: EventLog, stream: StoredStream, cursor: number): StoredEvent[] {
  const first = Math.max(cursor + 1, log.firstVisibleRevision(stream))
  return first > stream.revision ? [] : log.readStream(stream, 'forwards', first, stream.revision)
}
