import type { ChangeEvent } from '#event-store/change-event.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import type { Check, Observe } from '#vortex/protocol/up.ts'
import { createApplying } from './applying.ts'
import { defaultEdgeBounds, type EdgeOptions, type EdgeStats, type WatchedCounts } from './edge-options.ts'
import { createFeeds } from './feeds.ts'
import { createFlushing } from './flushing.ts'
import { createInterestGroups } from './interest-groups.ts'
import { createRecentChanges } from './recent-changes.ts'
import type { Watcher } from './watcher.ts'
import type { ReachedPoint } from './watching.ts'
import { createWatching } from './watching.ts'

/**
 * The observables of one role server: what its devices watch, kept up to date from change streams.
 *
 * Promises: a watcher sees a state that existed at a named position, then patches in order and gap-free (O1); one commit
 * is one frame a watcher (V8); what changed decides who hears (O3); after any gap, restart or reset of a projection all
 * that is watched is looked at again and the difference sent (O2); memory is bounded (O5).
 * Asks: `take` is called with every announcement made since before the first `observe`, in each feed's order.
 *
 *     observe -> watching -> loading -> bring-forward -> greeting -> rows or patches since the token
 *     take    -> applying -> selector-rows -> flushing -> one patch frame a group
 */
export interface ObservableEdge {
  observe(watcher: Watcher, observe: Observe): void
  unobserve(watcher: Watcher, obs: number): void
  /** Tells what the rows of an observation hash to, at the place in the order of frames where it is told; of one that waits, nothing. */
  check(watcher: Watcher, check: Check): void
  leave(watcher: Watcher): void
  /** Whether all that is sent of a selector stands at or beyond a point: what is unsent goes out first. */
  hasReached(name: string, selector: Selector, point: ReachedPoint): boolean
  take(feed: string, change: ChangeEvent): void
  /** Announcements may have been missed: look at everything again. */
  resyncAll(why: string): void
  /** The source can be reached again: what waits for it is tried at once. */
  retryWaiting(): void
  stats(): EdgeStats
  watchedCounts(): WatchedCounts
  /** Nothing happens any more; watchers may still leave. */
  stop(): void
}

export function createObservableEdge(options: EdgeOptions): ObservableEdge {
  const bounds = { ...defaultEdgeBounds, ...options.bounds }
  const { clock, log, publish, soon = queueMicrotask } = options
  const feeds = createFeeds()
  const groups = createInterestGroups()
  const recent = createRecentChanges(bounds.recentRowsMax)
  const flushing = createFlushing({ feeds, groups, publish, clock, flushMs: bounds.flushMs, soon })
  const watching = createWatching({ ...options, bounds, feeds, groups, recent, flushing })
  const applying = createApplying({
    feeds,
    recent,
    lookAgain: watching.lookAgain,
    onChanged: watching.onChanged,
    onMoved: watching.retryStale,
    log,
  })

  let isStopped = false

  return {
    observe: (watcher, observe) => {
      if (!isStopped) watching.observe(watcher, observe)
    },
    unobserve: watching.unobserve,
    check: (watcher, check) => {
      if (!isStopped) watching.check(watcher, check)
    },
    leave: watching.leave,
    hasReached: watching.hasReached,
    take: (feed, change) => {
      if (!isStopped) applying.take(feed, change)
    },
    resyncAll: (why) => {
      if (isStopped) return
      watching.distrustLoads()
      applying.resyncAll(why)
    },
    retryWaiting: () => {
      if (!isStopped) watching.retryAll()
    },
    stats: () => ({ ...watching.stats(), groupCount: groups.size() }),
    watchedCounts: watching.watchedCounts,
    stop: () => {
      isStopped = true
      watching.stop()
      flushing.stop()
    },
  }
}
