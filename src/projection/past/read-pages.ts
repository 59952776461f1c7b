import type { EventFilter, EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { comparePositions, fromPosition, type Position } from '#kernel/position.ts'

export type PagesOptions = {
  readonly store: Pick<EventStore, 'readLog'>
  readonly filter: EventFilter
  readonly after: Position
  /** The last position that is wanted; the log has reached it. */
  readonly until: Position
  readonly countMax?: number
}

const pageCountDefault = 6_000
const firstPageCount = 1_000
const pageBytesMax = 16 * 1024 * 1024

/**
 * A stretch of the log in pages, in order. While a page is worked on, the next one is on its way; at most these two are
 * in memory, each bounded in events and, as far as positions tell, in bytes. Nothing behind the stretch is read.
 */
export async function* readPages(options: PagesOptions): AsyncGenerator<readonly RecordedEvent[]> {
  const { store, filter, until, countMax = pageCountDefault } = options
  let pageCount = Math.min(countMax, firstPageCount)
  const read = async (beyond: Position) => {
    const asked = pageCount
    const events = await store.readLog({ beyond, direction: 'forwards', countMax: asked, filter })
    return { events, isShort: events.length < asked }
  }
  let coming = read(options.after)
  for (;;) {
    const { events, isShort } = await coming
    const last = events.at(-1)
    const isLast = last === undefined || isShort || comparePositions(last.position, until) >= 0
    if (!isLast) {
      pageCount = Math.min(countMax, Math.max(1, Math.floor(pageBytesMax / bytesAnEvent(events))))
      coming = read(last.position)
      // Whoever stops in the middle does not wait for it.
      coming.catch(() => undefined)
    }
    const wanted = isLast ? events.filter((event) => comparePositions(event.position, until) <= 0) : events
    if (wanted.length > 0) yield wanted
    if (isLast) return
  }
}

/** Positions are like bytes of the log. Events of others in between make it too many, which is on the safe side. */
function bytesAnEvent(events: readonly RecordedEvent[]): number {
  const [first, last] = [events[0], events.at(-1)]
  if (!first || !last || events.length < 2) return 1
  const bytes = Number(fromPosition(last.position).commit - fromPosition(first.position).commit)
  return Math.max(1, bytes / (events.length - 1))
}
