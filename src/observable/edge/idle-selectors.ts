import type { Clock } from '#kernel/clock.ts'
import type { WatchedSelector } from './watched-selector.ts'

/**
 * Selectors that nobody watches just now: kept a while for those who come back, the latest few only (O5).
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
  readonly onDue: (watched: WatchedSelector) => void
}): IdleSelectors {
  /** Oldest first. */
  const timers = new Map<WatchedSelector, () => void>()
  let isStopped = false

  const remove = (watched: WatchedSelector): void => {
    timers.get(watched)?.()
    timers.delete(watched)
  }
  const putOut = (watched: WatchedSelector): void => {
    remove(watched)
    options.onDue(watched)
  }
  const putOutOldest = (): boolean => {
    const oldest = timers.keys().next().value
    if (oldest) putOut(oldest)
    return oldest !== undefined
  }

  return {
    add: (watched) => {
      remove(watched)
      if (isStopped) return options.onDue(watched)
      timers.set(
        watched,
        options.clock.after(options.lingerMs, () => putOut(watched)),
      )
      if (timers.size > options.countMax) putOutOldest()
    },
    remove,
    putOutOldest,
    stop: () => {
      isStopped = true
      for (const cancel of timers.values()) cancel()
      timers.clear()
    },
  }
}
