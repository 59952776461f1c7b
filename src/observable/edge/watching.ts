import { must } from '#kernel/assert.ts'
import { comparePositions, parsePosition } from '#kernel/position.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import type { SnapshotMeta } from '#vortex/protocol/snapshot.ts'
import type { Check, Observe } from '#vortex/protocol/up.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import type { BroughtForward } from './bring-forward.ts'
import type { EdgeBounds, EdgeOptions, EdgeStats, WatchedCounts } from './edge-options.ts'
import type { Feeds } from './feeds.ts'
import type { Flushing } from './flushing.ts'
import { createGreeting } from './greeting.ts'
import type { InterestGroups } from './interest-groups.ts'
import { createLoading } from './loading.ts'
import { createObservations } from './observations.ts'
import type { RecentChanges } from './recent-changes.ts'
import { isFinal, tellTrouble, tooFull, tooLarge, whomItConcerns } from './refusing.ts'
import { isSameLife, parseToken } from './resume-token.ts'
import { hashOf, leapFrom, type SelectorRows } from './selector-rows.ts'
import { createSelectors } from './selectors.ts'
import { type LastShown, type Observation, observationsOf, type WatchedSelector } from './watched-selector.ts'
import type { Watcher } from './watcher.ts'

/** Who watches what: newcomers and leavers, snapshots that arrive or fail, selectors that outgrow their bounds. */
export interface Watching {
  observe(watcher: Watcher, observe: Observe): void
  unobserve(watcher: Watcher, obs: number): void
  check(watcher: Watcher, check: Check): void
  leave(watcher: Watcher): void
  hasReached(name: string, selector: Selector, point: ReachedPoint): boolean
  lookAgain(rows: SelectorRows): void
  onChanged(changed: ReadonlySet<SelectorRows>): void
  /** Tries what did not fit its feed, or all that waits. */
  retryStale(): void
  retryAll(): void
  distrustLoads(): void
  stats(): Omit<EdgeStats, 'groupCount'>
  watchedCounts(): WatchedCounts
  stop(): void
}

/** A place in the log, or in one life of a read model. */
export type ReachedPoint = { readonly position: string; readonly incarnation?: string; readonly version?: number }

export function createWatching(
  options: EdgeOptions & {
    readonly bounds: EdgeBounds
    readonly feeds: Feeds
    readonly groups: InterestGroups
    readonly recent: RecentChanges
    readonly flushing: Flushing
  },
): Watching {
  const { feeds, groups, flushing, bounds } = options
  const observations = createObservations()
  const selectors = createSelectors(options)
  const loading = createLoading({ ...options, loadCountMax: bounds.loadCountMax, onLoaded, onFailed })
  const greeting = createGreeting({ feeds, groups, lookAgain, refuse })

  return {
    observe,
    unobserve: (watcher, obs) => {
      const found = observations.find(watcher.id, obs)
      if (found) remove(found)
    },
    check,
    leave: (watcher) => {
      groups.leave(watcher)
      for (const observation of observations.ofWatcher(watcher.id)) remove(observation)
    },
    hasReached,
    lookAgain,
    onChanged,
    retryStale: () => retry((error) => error === undefined),
    retryAll: () => retry(() => true),
    distrustLoads: loading.distrust,
    stats: () => ({
      selectorCount: selectors.count(),
      observationCount: observations.count(),
      rowCount: selectors.rowCount(),
    }),
    watchedCounts: () => {
      const counts: { [observable: string]: number } = {}
      for (const { name, observations } of selectors.all())
        if (observations.size > 0) counts[name] = (counts[name] ?? 0) + 1
      return counts
    },
    stop: () => {
      loading.stop()
      selectors.stop()
    },
  }

  function observe(watcher: Watcher, { obs, name, selector, token, hash }: Observe): void {
    const earlier = observations.find(watcher.id, obs)
    if (earlier) remove(earlier)
    const known = selectors.find(name, selector)
    const watched = known ?? selectors.add(name, selector)
    const observation: Observation = { watcher, obs, watched, token, hash, isGreeted: false, isLookedUp: false }
    observations.add(observation)
    selectors.wake(watched)
    if (watched.state.at === 'live') greeting.greet(observation, watched.state.rows)
    else if (watched.state.at === 'waiting' && watched.state.error) tellTrouble(observation, watched.state.error)
    else if (!known) loading.ask(watched)
  }

  /** What is unsent goes out first: then the watcher has, when it hears the answer, exactly what the answer is about. */
  function check(watcher: Watcher, { obs }: Check): void {
    const found = observations.find(watcher.id, obs)
    if (!found?.isGreeted || found.watched.state.at !== 'live') return
    const { rows } = found.watched.state
    flushing.flush()
    const { position } = feeds.pointOf(rows)
    watcher.send({ k: 'checked', obs, position, hash: hashOf(rows), count: rows.rows.size })
  }

  function hasReached(name: string, selector: Selector, point: ReachedPoint): boolean {
    const watched = selectors.find(name, selector)
    const wanted = parsePosition(point.position)
    if (watched?.state.at !== 'live' || !wanted) return false
    const { position, incarnation, version } = feeds.pointOf(watched.state.rows)
    if (!isSameLife({ incarnation, version, ...point }, { incarnation, version })) return false
    if (comparePositions(position, wanted) < 0) return false
    flushing.flush()
    return true
  }

  function remove(observation: Observation): void {
    const { watcher, watched } = observation
    observations.remove(observation)
    const others = watched.observations.get(watcher.id)?.values() ?? []
    if (![...others].some((other) => other.isGreeted)) groups.remove(watcher, watched.sel)
    if (watched.observations.size === 0) selectors.rest(watched)
  }

  function refuse(observation: Observation, error: WireError): void {
    tellTrouble(observation, error)
    remove(observation)
  }

  function onLoaded(watched: WatchedSelector, found: BroughtForward, meta: SnapshotMeta, shown?: LastShown): void {
    if (found.rows.size > bounds.selectorRowsMax)
      return refuseAll(watched, tooLarge(watched.name, bounds.selectorRowsMax))
    if (!selectors.hasRoomFor(watched, found.rows.size)) return postpone(watched, tooFull)
    const rows = selectors.goLive(watched, found, meta)
    if (shown) showNext(watched, rows, shown, found.acts)
    for (const observation of observationsOf(watched)) {
      if (watched.state.at !== 'live') return
      noteSeen(observation, found, meta)
      if (!observation.isGreeted) greeting.greet(observation, rows)
    }
  }

  /** A token that was there before the rows were looked up, and is of another life, is of one that is over. */
  function noteSeen({ token, isLookedUp }: Observation, { point }: BroughtForward, { feed }: SnapshotMeta): void {
    const from = isLookedUp ? parseToken(token) : undefined
    if (from && !isSameLife(from, point)) feeds.get(feed).seen.add(from)
  }

  /** What differs goes out as a patch; a step back in another life of the projection is shown as what it is. */
  function showNext(watched: WatchedSelector, rows: SelectorRows, shown: LastShown, acts: readonly string[]): void {
    if (comparePositions(rows.start.position, shown.point.position) >= 0) {
      leapFrom(rows, shown.rows, acts)
      return flushing.note(rows)
    }
    for (const observation of observationsOf(watched)) if (observation.isGreeted) greeting.sendRows(observation, rows)
  }

  function lookAgain(rows: SelectorRows): void {
    const watched = must(selectors.findOwner(rows), 'rows in an index belong to a watched selector')
    if (watched.observations.size === 0) return selectors.drop(watched)
    loading.ask(watched, selectors.halt(rows))
  }

  function onFailed(watched: WatchedSelector, thrown: unknown, asker: Principal): void {
    const error = options.toWireError(thrown)
    if (!isFinal(error)) return postpone(watched, error)
    for (const observation of whomItConcerns(watched, error, asker)) refuse(observation, error)
    const { state } = watched
    if (state.at === 'asking') loading.ask(watched, state.shown)
  }

  function refuseAll(watched: WatchedSelector, error: WireError): void {
    for (const observation of observationsOf(watched)) refuse(observation, error)
    selectors.drop(watched)
  }

  function postpone(watched: WatchedSelector, error: WireError): void {
    for (const observation of observationsOf(watched)) tellTrouble(observation, error)
    loading.wait(watched, error)
  }

  function onChanged(changed: ReadonlySet<SelectorRows>): void {
    for (const rows of changed) flushing.note(rows)
    for (const rows of changed) keepInBounds(rows)
  }

  function keepInBounds(rows: SelectorRows): void {
    const watched = selectors.findOwner(rows)
    if (!watched) return
    selectors.recount(watched)
    const rowCount = rows.rows.size
    if (rowCount > bounds.selectorRowsMax) return refuseAll(watched, tooLarge(watched.name, bounds.selectorRowsMax))
    if (!selectors.hasRoomFor(watched, rowCount) && selectors.findOwner(rows)) makeRoom(watched, rows)
  }

  /** What grew when nothing more fits in is let go of; its watchers begin anew when there is room. */
  function makeRoom(watched: WatchedSelector, rows: SelectorRows): void {
    selectors.halt(rows)
    for (const observation of observationsOf(watched)) {
      observation.isGreeted = false
      groups.remove(observation.watcher, watched.sel)
    }
    postpone(watched, tooFull)
    selectors.recount(watched)
  }

  function retry(isChosen: (error: WireError | undefined) => boolean): void {
    for (const watched of [...selectors.all()])
      if (watched.state.at === 'waiting' && isChosen(watched.state.error)) loading.retry(watched)
  }
}
