import { bytesAnEvent } from '#event-store/bytes-an-event.ts'
import type { EventFilter, EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { isPlatformError } from '#kernel/platform-error.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import { type HistoryFeed, startHistoryFeed } from './history-feed.ts'

export type HistoryPage = {
  readonly events: readonly RecordedEvent[]
  /** How far the log was looked through. */
  readonly upTo: Position
  /** The log had nothing further when the page was read. */
  readonly isLast: boolean
}

/**
 * Reads a projection's events in pages, the next one while this one is folded.
 *
 * Promises: every matching event once, in order; two pages in memory at most, each bounded in events and, as far as
 * positions tell, in bytes. A page costs tens of milliseconds beside its events, so it is large; the server gives way to appends
 * within a page.
 */
export interface HistoryReader {
  next(): Promise<HistoryPage>
  /** What is left up to this position, which the log has reached. */
  rest(upTo: Position): Promise<readonly RecordedEvent[]>
  close(): Promise<void>
}

export function createHistoryReader(options: {
  readonly store: Pick<EventStore, 'readLog' | 'head' | 'follow'>
  readonly filter: EventFilter
  readonly after: Position
  readonly pageCountMax: number
}): HistoryReader {
  const { store, filter, pageCountMax } = options
  let after = options.after
  let pageCount = Math.min(pageCountMax, firstPageCount)
  let ahead: Promise<HistoryPage> | undefined
  let feed: HistoryFeed | undefined

  const readOnce = (beyond: Position): Promise<readonly RecordedEvent[]> =>
    store.readLog({ beyond, direction: 'forwards', countMax: pageCount, filter })

  const read = async (beyond: Position): Promise<HistoryPage> => {
    const asked = pageCount
    const events = await readOnce(beyond)
    const last = events.at(-1)?.position ?? beyond
    if (events.length >= asked) {
      pageCount = Math.min(pageCountMax, Math.max(1, Math.floor(pageBytesMax / bytesAnEvent(events))))
      return { events, isLast: false, upTo: last }
    }
    // The end of the log, it seems. The head comes before another look: what that does not find up to there does not match.
    const head = await store.head()
    const more = await readOnce(last)
    const end = more.at(-1)?.position ?? last
    const isLast = more.length < pageCount
    return { events: [...events, ...more], isLast, upTo: isLast && comparePositions(head, end) > 0 ? head : end }
  }
  const readAhead = (beyond: Position): Promise<HistoryPage> => {
    const page = read(beyond)
    page.catch(() => undefined)
    return page
  }

  /** A page, or through a feed as soon as a page has taken too long, until the feed has come to the end of the log. */
  const readOn = async (): Promise<HistoryPage> => {
    const batch = await feed?.next()
    if (batch !== undefined && batch !== 'live') return batch
    await closeFeed()
    try {
      return await (ahead ?? read(after))
    } catch (error) {
      if (!isPlatformError(error, 'timeout')) throw error
      ahead = undefined
      feed = startHistoryFeed({ store, filter, after, batchCountMax: pageCountMax })
      return readOn()
    }
  }
  const closeFeed = async (): Promise<void> => {
    const ended = feed
    feed = undefined
    await ended?.stop()
  }

  return {
    next: async () => {
      const page = await readOn()
      after = page.upTo
      ahead = page.isLast || feed ? undefined : readAhead(after)
      return page
    },
    rest: async (upTo) => {
      await closeFeed()
      ahead = undefined
      const found: RecordedEvent[] = []
      for (;;) {
        const page = await read(after)
        for (const event of page.events) if (comparePositions(event.position, upTo) <= 0) found.push(event)
        if (page.isLast || comparePositions(page.upTo, upTo) >= 0) break
        after = page.upTo
      }
      after = upTo
      return found
    },
    close: closeFeed,
  }
}

const firstPageCount = 1_000
const pageBytesMax = 16 * 1024 * 1024
