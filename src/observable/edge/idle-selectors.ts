import type { Clock } from '#kernel/clock.ts'
import { countRows, type WatchedSelector } from './watched-selector.ts'

/**
 * Selectors that nobody watches just now: kept over a night for those who come back, who then need no query to learn what
 * they missed. The latest only, and so many rows of them (O5).
 * Who is put out is told to `onDue` and is no longer here.
 */
export interface IdleSelectors {
  add(watched: WatchedSelector): void
  remove(watched: WatchedSelector): void
  /** Puts out the one idle for longest; false when there is none. */
  putOutOldest(): boolean
  /** Keeps nobody any more: who comes later is put out at once. */
  stop(): void
}

export function createIdleSelectors(options: {
  readonly clock: Clock
  readonly lingerMs: number
  readonly countMax: number
  readonly rowsMax: number
  readonly onDue: (watched: WatchedSelector) => void
}): IdleSelectors {
  /** Oldest first. */
  const kept = new Map<WatchedSelector, { readonly cancel: () => void; readonly rowCount: number }>()
  let rowCount = 0
  let isStopped = false

  const remove = (watched: WatchedSelector): void => {
    const found = kept.get(watched)
    if (!found) return
    found.cancel()
    rowCount -= found.rowCount
    kept.delete(watched)
  }
  const putOut = (watched: WatchedSelector): void => {
    remove(watched)
    options.onDue(watched)
  }
  const putOutOldest = (): boolean => {
    const oldest = kept.keys().next().value
    if (oldest) putOut(oldest)
    return oldest !== undefined
  }

  return {
    add: (watched) => {
      remove(watched)
      if (isStopped) return options.onDue(watched)
      const rows = countRows(watched)
      rowCount += rows
      kept.set(watched, { rowCount: rows, cancel: options.clock.after(options.lingerMs, () => putOut(watched)) })
      while (kept.size > options.countMax || rowCount > options.rowsMax) putOutOldest()
    },
    remove,
    putOutOldest,
    stop: () => {
      isStopped = true
      for (const { cancel } of kept.values()) cancel()
      kept.clear()
      rowCount = 0
    },
  }
}
