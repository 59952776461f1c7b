import type { EventFilter, EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { comparePositions, type Position } from '#kernel/position.ts'

export type PagesOptions = {
  readonly store: Pick<EventStore, 'readLog'>
  readonly filter: EventFilter
  readonly after: Position
  /** The last position that is wanted. */
  readonly until: Position
  readonly countMax?: number
}

const pageCountMax = 2_000

/**
 * A stretch of the log in pages, in order. While a page is worked on, the next one is on its way; at most these two are
 * in memory.
 */
export async function* readPages(options: PagesOptions): AsyncGenerator<readonly RecordedEvent[]> {
  const { store, filter, until, countMax = pageCountMax } = options
  const read = (beyond: Position) => store.readLog({ beyond, direction: 'forwards', countMax, filter })
  let coming = read(options.after)
  for (;;) {
    const page = await coming
    const last = page.at(-1)
    const isLast = last === undefined || page.length < countMax || comparePositions(last.position, until) >= 0
    if (!isLast) {
      coming = read(last.position)
      // Whoever stops in the middle does not wait for it.
      coming.catch(() => undefined)
    }
    const wanted = isLast ? page.filter((event) => comparePositions(event.position, until) <= 0) : page
    if (wanted.length > 0) yield wanted
    if (isLast) return
  }
}
