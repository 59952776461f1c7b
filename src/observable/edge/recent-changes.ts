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

export function createRecentChanges(rowCountMax: number): RecentChanges {
  const kept: { readonly feed: string; readonly event: ChangedEvent; readonly rowCount: number }[] = []
  const loads = new Set<{ readonly start: number }>()
  let droppedCount = 0
  let rowCount = 0

  const dropOldest = (count: number): void => {
    droppedCount += count
    for (const entry of kept.splice(0, count)) rowCount -= entry.rowCount
  }
  /** Nobody asks for what came before the oldest load. */
  const dropUnasked = (): void => {
    const oldestStart = Math.min(droppedCount + kept.length, ...[...loads].map((load) => load.start))
    if (oldestStart > droppedCount) dropOldest(oldestStart - droppedCount)
  }

  return {
    begin: () => {
      const load = { start: droppedCount + kept.length }
      loads.add(load)
      return {
        since: (feed) => {
          if (load.start < droppedCount) return 'overflow'
          return kept.slice(load.start - droppedCount).flatMap((entry) => (entry.feed === feed ? [entry.event] : []))
        },
        end: () => {
          loads.delete(load)
          dropUnasked()
        },
      }
    },
    note: (feed, events) => {
      if (loads.size === 0) return
      for (const event of events) {
        const entry = { feed, event, rowCount: 1 + countRows(event) }
        kept.push(entry)
        rowCount += entry.rowCount
      }
      let count = 0
      for (let excess = rowCount - rowCountMax; excess > 0; count++) excess -= kept[count]?.rowCount ?? excess
      if (count > 0) dropOldest(count)
    },
  }
}

function countRows({ tables }: ChangedEvent): number {
  return Object.values(tables).reduce((sum, rows) => sum + rows.length, 0)
}
