import { must } from '#kernel/assert.ts'
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Random } from '#kernel/random.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import type { Snapshot, SnapshotMeta } from '#vortex/protocol/snapshot.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import { type BroughtForward, bringForward } from './bring-forward.ts'
import type { Feeds } from './feeds.ts'
import type { RecentChanges } from './recent-changes.ts'
import { type LastShown, observationsOf, type SelectorState, type WatchedSelector } from './watched-selector.ts'

/**
 * Fetches snapshots: a bounded number at a time, again with back-off after trouble, and again at once when one cannot be
 * joined to its feed without a gap.
 */
export interface Loading {
  ask(watched: WatchedSelector, shown?: LastShown): void
  /** Asks now for what waits for its next try. */
  retry(watched: WatchedSelector): void
  /** Ends this try; the next one comes after a back-off. */
  wait(watched: WatchedSelector, error: WireError | undefined): void
  /** Snapshots under way are no longer good enough. */
  distrust(): void
  stop(): void
}

type Asking = Extract<SelectorState, { at: 'asking' }>

const firstRetryMs = 100
const lastRetryMs = 5_000

export function createLoading(options: {
  readonly load: (name: string, selector: Selector, by: Principal) => Promise<Snapshot>
  readonly loadCountMax: number
  readonly recent: RecentChanges
  readonly feeds: Feeds
  readonly clock: Clock
  readonly random: Random
  readonly onLoaded: (watched: WatchedSelector, found: BroughtForward, meta: SnapshotMeta, shown?: LastShown) => void
  readonly onFailed: (watched: WatchedSelector, error: unknown, by: Principal) => void
}): Loading {
  const { recent, feeds, clock, random } = options
  const queue = new Set<WatchedSelector>()
  let underWayCount = 0
  let distrustCount = 0
  let isStopped = false

  const pump = (): void => {
    for (const watched of queue) {
      if (underWayCount >= options.loadCountMax || isStopped) return
      queue.delete(watched)
      if (watched.state.at === 'asking' && watched.observations.size > 0) void fetch(watched, watched.state)
    }
  }

  const fetch = async (watched: WatchedSelector, asking: Asking): Promise<void> => {
    const changes = recent.begin()
    const trust = distrustCount
    const { principal } = must(observationsOf(watched).next().value, 'somebody watches what is asked for').watcher
    for (const observation of observationsOf(watched)) observation.isLookedUp = true
    const isWanted = (): boolean => !isStopped && watched.state === asking
    underWayCount++
    try {
      const snapshot = await options.load(watched.name, watched.selector, principal)
      if (isWanted()) settle(watched, asking, snapshot, trust === distrustCount && changes.since(snapshot.meta.feed))
    } catch (error) {
      if (isWanted()) options.onFailed(watched, error, principal)
    } finally {
      changes.end()
      underWayCount--
      pump()
    }
  }

  const settle = (
    watched: WatchedSelector,
    { attempt, shown }: Asking,
    snapshot: Snapshot,
    changes: false | ReturnType<ReturnType<RecentChanges['begin']>['since']>,
  ): void => {
    const { state: feed, left } = feeds.get(snapshot.meta.feed)
    const found =
      changes && changes !== 'overflow'
        ? bringForward({
            snapshot,
            selector: watched.selector,
            changes,
            feedPoint: feed.point,
            shownPoint: shown?.point,
            isOver: left.has,
          })
        : undefined
    if (found) return options.onLoaded(watched, found, snapshot.meta, shown)
    if (attempt === 0) enqueue(watched, { at: 'asking', attempt: 1, shown })
    else wait(watched, undefined)
  }

  const enqueue = (watched: WatchedSelector, state: Asking): void => {
    watched.state = state
    queue.add(watched)
    pump()
  }

  const wait = (watched: WatchedSelector, error: WireError | undefined): void => {
    const { state } = watched
    const [attempt, shown] = state.at === 'asking' ? [state.attempt, state.shown] : [0, undefined]
    const retryMs = backOffMs(attempt, random, firstRetryMs, lastRetryMs)
    const cancel = clock.after(retryMs, () => retry(watched))
    watched.state = { at: 'waiting', attempt: attempt + 1, shown, error, cancel }
  }

  const retry = (watched: WatchedSelector): void => {
    const { state } = watched
    if (state.at !== 'waiting') return
    state.cancel()
    enqueue(watched, { at: 'asking', attempt: state.attempt, shown: state.shown })
  }

  return {
    ask: (watched, shown) => enqueue(watched, { at: 'asking', attempt: 0, shown }),
    retry,
    wait,
    distrust: () => {
      distrustCount++
    },
    stop: () => {
      isStopped = true
      queue.clear()
    },
  }
}
