import type { Clock } from '#kernel/clock.ts'
import { type Selector, selectorKey } from '#vortex/protocol/row.ts'
import type { SnapshotMeta } from '#vortex/protocol/snapshot.ts'
import type { BroughtForward } from './bring-forward.ts'
import type { EdgeBounds } from './edge-options.ts'
import type { Feeds } from './feeds.ts'
import type { Flushing } from './flushing.ts'
import { createIdleSelectors } from './idle-selectors.ts'
import { createRowTotal } from './row-total.ts'
import { createSelectorRows, type SelectorRows } from './selector-rows.ts'
import { createWatchedSelector, findLiveRows, type LastShown, type WatchedSelector } from './watched-selector.ts'

/** All watched selectors of a server: moves them through their states, and holds their memory in bounds (O5). */
export interface Selectors {
  find(name: string, selector: Selector): WatchedSelector | undefined
  add(name: string, selector: Selector): WatchedSelector
  /** The selector of these rows, unless it has let go of them. */
  findOwner(rows: SelectorRows): WatchedSelector | undefined
  all(): Iterable<WatchedSelector>
  /** Begins to follow the feed. */
  goLive(watched: WatchedSelector, found: BroughtForward, meta: SnapshotMeta): SelectorRows
  /** Stops following it, nothing left unsent; gives what its watchers see now. */
  halt(rows: SelectorRows): LastShown
  /** Nobody watches: keeps it for a while when it is live. */
  rest(watched: WatchedSelector): void
  /** Somebody watches again. */
  wake(watched: WatchedSelector): void
  drop(watched: WatchedSelector): void
  /** Whether so many rows fit in, after idle selectors made room. */
  hasRoomFor(watched: WatchedSelector, rowCount: number): boolean
  recount(watched: WatchedSelector): void
  count(): number
  rowCount(): number
  stop(): void
}

export function createSelectors(options: {
  readonly feeds: Feeds
  readonly flushing: Flushing
  readonly clock: Clock
  readonly bounds: Pick<EdgeBounds, 'lingerMs' | 'idleCountMax' | 'idleRowsMax' | 'totalRowsMax'>
}): Selectors {
  const { feeds, flushing, clock, bounds } = options
  const byKey = new Map<string, WatchedSelector>()
  const bySel = new Map<number, WatchedSelector>()
  const total = createRowTotal()
  const { lingerMs, idleCountMax: countMax, idleRowsMax: rowsMax } = bounds
  const idle = createIdleSelectors({ clock, lingerMs, countMax, rowsMax, onDue: drop })
  let nextSel = 1

  function drop(watched: WatchedSelector): void {
    const rows = findLiveRows(watched)
    if (rows) {
      feeds.get(rows.meta.feed).index.remove(rows)
      flushing.forget(rows)
    }
    if (watched.state.at === 'waiting') watched.state.cancel()
    idle.remove(watched)
    watched.state = { at: 'gone' }
    total.note(watched)
    bySel.delete(watched.sel)
    if (byKey.get(watched.key) === watched) byKey.delete(watched.key)
  }

  return {
    find: (name, selector) => byKey.get(selectorKey(name, selector)),
    add: (name, selector) => {
      const watched = createWatchedSelector(nextSel++, selectorKey(name, selector), name, selector)
      byKey.set(watched.key, watched)
      bySel.set(watched.sel, watched)
      return watched
    },
    findOwner: (rows) => {
      const watched = bySel.get(rows.sel)
      return watched && findLiveRows(watched) === rows ? watched : undefined
    },
    all: () => byKey.values(),
    goLive: (watched, { point, rows: found }, meta) => {
      const rows = createSelectorRows(watched.selector, { sel: watched.sel, meta, point, rows: found })
      watched.state = { at: 'live', rows }
      feeds.get(meta.feed).index.add(rows)
      total.note(watched)
      return rows
    },
    halt: (rows) => {
      flushing.flush()
      feeds.get(rows.meta.feed).index.remove(rows)
      return { point: feeds.pointOf(rows), rows: rows.rows }
    },
    rest: (watched) => {
      if (watched.state.at !== 'live') return drop(watched)
      const { rows } = watched.state
      rows.text = undefined
      rows.digest = undefined
      watched.state = { at: 'idle', rows }
      idle.add(watched)
    },
    wake: (watched) => {
      if (watched.state.at !== 'idle') return
      idle.remove(watched)
      watched.state = { at: 'live', rows: watched.state.rows }
    },
    drop,
    hasRoomFor: (watched, rowCount) => {
      while (total.countWith(watched, rowCount) > bounds.totalRowsMax) if (!idle.putOutOldest()) return false
      return true
    },
    recount: total.note,
    count: () => byKey.size,
    rowCount: total.count,
    stop: () => {
      idle.stop()
      for (const watched of byKey.values()) if (watched.state.at === 'waiting') watched.state.cancel()
      byKey.clear()
      bySel.clear()
    },
  }
}
