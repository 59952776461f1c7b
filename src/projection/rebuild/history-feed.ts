import type { EventFilter, EventStore } from '#event-store/event-store.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Position } from '#kernel/position.ts'
import type { HistoryPage } from './history-reader.ts'

/**
 * History through a feed, a batch at a time: for stretches of a long log with few matches, where a page would take longer
 * than any deadline. A feed says now and then how far it has looked.
 */
export interface HistoryFeed {
  /** The next batch, or that the end of the log was reached. The feed waits until it is asked for. */
  next(): Promise<HistoryPage | 'live'>
  stop(): Promise<void>
}

export function startHistoryFeed(options: {
  readonly store: Pick<EventStore, 'follow'>
  readonly filter: EventFilter
  readonly after: Position
  readonly batchCountMax: number
}): HistoryFeed {
  const { store, ...asked } = options
  let offered = createDeferred<HistoryPage | 'live'>()
  let taken = createDeferred<void>()
  let isLive = false
  let isStopped = false
  offered.promise.catch(() => undefined)
  const feed = store.follow({
    ...asked,
    onBatch: async (events, upTo) => {
      if (isStopped) return
      offered.resolve({ events, upTo, isLast: false })
      await taken.promise
    },
    onLive: (live) => {
      isLive = live
      if (live) offered.resolve('live')
    },
  })
  feed.finished.catch((error: unknown) => offered.reject(error))

  return {
    next: async () => {
      const page = await offered.promise
      offered = createDeferred()
      offered.promise.catch(() => undefined)
      // Said while a batch was offered, it would have been lost.
      if (isLive) offered.resolve('live')
      const before = taken
      taken = createDeferred()
      before.resolve()
      return page
    },
    stop: async () => {
      isStopped = true
      taken.resolve()
      await feed.stop()
    },
  }
}
