import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import type { EventFilter, EventStore, Feed, FollowOptions, RecordedEvent } from './event-store.ts'
import type { Tail, TailListener } from './tail.ts'
import { startTailFeed } from './tail-feed.ts'

/**
 * One subscription to the end of the log, shared by many feeds: what hundreds of projections follow is read and decoded
 * once. A feed catches up by itself and joins when it is near enough; one that falls behind leaves and catches up again.
 *
 * Promises: `follow` keeps the port's promises: position order, each event at least once, the next batch after the last.
 * Asks: feeds ask only for events that the tail's own filter lets through, and start at a position.
 */
export interface LogTail {
  readonly follow: EventStore['follow']
  stop(): Promise<void>
}

const keptCountMax = 10_000
/** A feed that asks for rare events may be this many behind and still join. */
const firstKeptCount = 1_000

export function startLogTail(options: {
  store: EventStore
  filter: EventFilter
  log: Log
  /** How many events may wait for one slow feed. */
  waitingCountMax?: number
}): LogTail {
  const { store, filter, log, waitingCountMax } = options
  const listeners = new Set<TailListener>()
  const kept: RecordedEvent[] = []
  let keptSince: Position | undefined
  let position: Position | undefined
  let isLive = false
  let feed: Feed | undefined
  let isStopping = false
  const ready = createDeferred<void>()

  const onBatch = async (events: readonly RecordedEvent[], upTo: Position): Promise<void> => {
    for (const event of events) kept.push(event)
    if (kept.length > keptCountMax * 2)
      keptSince = kept.splice(0, kept.length - keptCountMax).at(-1)?.position ?? keptSince
    position = upTo
    for (const listener of listeners) listener.take(events, upTo)
  }
  const start = async (): Promise<void> => {
    const head = await store.head()
    const newestFirst = await store.readLog({ beyond: 'end', direction: 'backwards', countMax: firstKeptCount, filter })
    if (isStopping) return
    kept.push(...newestFirst.toReversed())
    keptSince = newestFirst.length < firstKeptCount ? logStart : newestFirst.at(-1)?.position
    const after = newestFirst[0]?.position ?? head
    position = after
    feed = store.follow({
      after,
      filter,
      onBatch,
      onLive: (live) => {
        isLive = live
        for (const listener of listeners) listener.onLive(live)
      },
    })
    ready.resolve()
    await feed.finished
  }
  const running = start().catch((error: unknown) => {
    log.warning(`the shared tail of the log ended; feeds go on by themselves: ${describeError(error)}`)
    keptSince = undefined
    ready.resolve()
    for (const listener of [...listeners]) listener.fail(error)
  })

  const tail: Tail = {
    ready: ready.promise,
    join: (listener, after) => {
      if (keptSince === undefined || position === undefined || isStopping || comparePositions(after, keptSince) < 0)
        return undefined
      listeners.add(listener)
      return { missed: kept.filter((event) => comparePositions(event.position, after) > 0), upTo: position }
    },
    leave: (listener) => void listeners.delete(listener),
    isLive: () => isLive,
  }

  return {
    follow: (asked: FollowOptions) =>
      asked.after === 'end'
        ? store.follow(asked)
        : startTailFeed({
            tail,
            store,
            asked,
            after: asked.after,
            ...(waitingCountMax !== undefined && { waitingCountMax }),
          }),
    stop: async () => {
      isStopping = true
      ready.resolve()
      await feed?.stop()
      await running
    },
  }
}
