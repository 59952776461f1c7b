import type { ChangeEvent } from '#event-store/change-event.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { Random } from '#kernel/random.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import { type Snapshot, snapshotRowsMax } from '#vortex/protocol/snapshot.ts'
import type { Observe } from '#vortex/protocol/up.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import { createApplying } from './applying.ts'
import { createFeeds } from './feeds.ts'
import { createFlushing } from './flushing.ts'
import { createInterestGroups } from './interest-groups.ts'
import { createRecentChanges } from './recent-changes.ts'
import type { Publish, Watcher } from './watcher.ts'
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
  leave(watcher: Watcher): void
  take(feed: string, change: ChangeEvent): void
  /** Announcements may have been missed: look at everything again. */
  resyncAll(why: string): void
  /** The source can be reached again: what waits for it is tried at once. */
  retryWaiting(): void
  stats(): EdgeStats
  /** Nothing happens any more; watchers may still leave. */
  stop(): void
}

export type EdgeStats = {
  readonly selectorCount: number
  readonly observationCount: number
  readonly rowCount: number
  readonly groupCount: number
}

/** How much is kept and how long; the defaults suit a server of some thousand devices. */
export type EdgeBounds = {
  /** Patches are collected this long, so that a burst is one frame; the first after a quiet time goes at once. */
  readonly flushMs: number
  /** How long a selector nobody watches is kept, and how many of them. */
  readonly lingerMs: number
  readonly idleCountMax: number
  /** Snapshots under way at once. */
  readonly loadCountMax: number
  /** Rows of one selector, and of all together. */
  readonly selectorRowsMax: number
  readonly totalRowsMax: number
  /** Changed rows kept while snapshots are under way. */
  readonly recentRowsMax: number
}

const defaultEdgeBounds: EdgeBounds = {
  flushMs: 10,
  lingerMs: 30_000,
  idleCountMax: 500,
  loadCountMax: 32,
  selectorRowsMax: snapshotRowsMax,
  totalRowsMax: 1_000_000,
  recentRowsMax: 50_000,
}

export type EdgeOptions = {
  /** Rejects with the reason; ends by itself, with a deadline. */
  readonly load: (name: string, selector: Selector, by: Principal) => Promise<Snapshot>
  readonly toWireError: (error: unknown) => WireError
  readonly publish: Publish
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Runs work when what runs now is done. */
  readonly soon?: (work: () => void) => void
  readonly bounds?: Partial<EdgeBounds>
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
    leave: watching.leave,
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
    stop: () => {
      isStopped = true
      watching.stop()
      flushing.stop()
    },
  }
}
