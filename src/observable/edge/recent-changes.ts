import type { ChangedEvent } from '#event-store/change-event.ts'

/**
 * Changes that arrived while a snapshot was being fetched: it may be older than they are. Kept only while something
 * loads, and bounded: past the bound a load starts again.
 */
export interface RecentChanges {
  /** Begins to keep; the result gives what came since, or `overflow`. */
  begin(): { since(feed: string): readonly ChangedEvent[] | 'overflow'; end(): void }
  note(feed: string, events: readonly ChangedEvent[]): void
}

export function createRecentChanges(countMax: number): RecentChanges {
  const kept: { readonly feed: string; readonly event: ChangedEvent }[] = []
  const loads = new Set<{ readonly start: number }>()
  let dropped = 0

  return {
    begin: () => {
      const load = { start: dropped + kept.length }
      loads.add(load)
      return {
        since: (feed) => {
          if (load.start < dropped) return 'overflow'
          return kept.slice(load.start - dropped).flatMap((entry) => (entry.feed === feed ? [entry.event] : []))
        },
        end: () => {
          loads.delete(load)
          if (loads.size === 0) {
            dropped += kept.length
            kept.length = 0
          }
        },
      }
    },
    note: (feed, events) => {
      if (loads.size === 0) return
      for (const event of events) kept.push({ feed, event })
      if (kept.length > countMax) dropped += kept.splice(0, kept.length - countMax).length
    },
  }
}
