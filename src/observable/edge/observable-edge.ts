import type { ChangedEvent, ChangeEvent } from '#event-store/change-event.ts'
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { comparePositions } from '#kernel/position.ts'
import type { Random } from '#kernel/random.ts'
import { isAdmin, type Principal } from '#vortex/protocol/principal.ts'
import { type Selector, selectorKey } from '#vortex/protocol/row.ts'
import type { Snapshot } from '#vortex/protocol/snapshot.ts'
import type { Observe } from '#vortex/protocol/up.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import { createFeedState, type FeedState, takeAnnouncement } from './feed-state.ts'
import { createInterestGroups } from './interest-groups.ts'
import { createRecentChanges } from './recent-changes.ts'
import { encodeToken, parseToken, type ResumePoint } from './resume-token.ts'
import {
  createWatchedSelector,
  drainPatch,
  isDirty,
  patchesSince,
  rowsText,
  takeChange,
  takeSnapshot,
  type WatchedSelector,
} from './watched-selector.ts'
import type { Publish, Watcher } from './watcher.ts'

/**
 * The observables of one role server: what its devices watch, kept up to date from change streams.
 *
 * Promises: a watcher sees a state that existed at a named position, then patches in order and gap-free (O1); one commit
 * is one frame a watcher (V8); what changed decides who hears (O3); after any gap, restart or reset of a projection all
 * that is watched is looked at again and the difference sent (O2).
 * Asks: `take` is called with every announcement made since before the first `observe`, in each feed's order.
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
  stats(): {
    readonly selectorCount: number
    readonly observationCount: number
    readonly rowCount: number
    readonly groupCount: number
  }
  stop(): void
}

export type EdgeOptions = {
  /** Rejects with the reason as a wire error. */
  readonly load: (name: string, selector: Selector, by: Principal) => Promise<Snapshot>
  readonly toWireError: (error: unknown) => WireError
  readonly publish: Publish
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Patches are collected this long, so that a burst is one frame; the first after a quiet time goes at once. */
  readonly flushMs?: number
  /** How long a selector nobody watches is kept. */
  readonly lingerMs?: number
}

/** Where an observation wants to go on, and whether it has been told how things stand. */
type Sought = { readonly token: string | undefined; isGreeted: boolean }

type Entry = {
  readonly key: string
  readonly name: string
  readonly selector: Selector
  readonly watchers: Map<string, { readonly watcher: Watcher; readonly observations: Map<number, Sought> }>
  state: 'loading' | 'live' | 'waiting'
  watched: WatchedSelector | undefined
  attempt: number
  cancelTimer: (() => void) | undefined
}

const recentChangesMax = 10_000
const finalKinds: readonly WireError['kind'][] = ['not-found', 'forbidden', 'bad-input', 'too-large']

export function createObservableEdge(options: EdgeOptions): ObservableEdge {
  const { clock, random, log, publish } = options
  const flushMs = options.flushMs ?? 10
  const lingerMs = options.lingerMs ?? 30_000
  const entries = new Map<string, Entry>()
  const entryOfObservation = new Map<string, Entry>()
  const entryOfSel = new Map<number, Entry>()
  const feeds = new Map<string, FeedState>()
  const groups = createInterestGroups()
  const recent = createRecentChanges(recentChangesMax)
  const dirty = new Set<WatchedSelector>()
  let nextSel = 1
  let flushedAt = Number.NEGATIVE_INFINITY
  let cancelFlush: (() => void) | undefined
  let isStopped = false

  const feedOf = (name: string): FeedState => {
    const feed = feeds.get(name) ?? createFeedState()
    feeds.set(name, feed)
    return feed
  }
  /** The position a live selector stands at: as far as its feed has come, or its own snapshot when that is newer. */
  const pointOf = ({ meta, loadedAt }: WatchedSelector): ResumePoint => {
    const { point } = feedOf(meta.feed)
    const own = { incarnation: meta.incarnation, version: meta.version, position: loadedAt }
    if (!point || point.incarnation !== own.incarnation) return own
    return comparePositions(point.position, loadedAt) > 0 ? point : own
  }

  // -- loading

  const load = async (entry: Entry): Promise<void> => {
    entry.cancelTimer?.()
    entry.state = 'loading'
    const asker = entry.watchers.values().next().value?.watcher
    if (!asker) return drop(entry)
    const changes = recent.begin()
    try {
      const snapshot = await options.load(entry.name, entry.selector, asker.principal)
      if (isStopped || entries.get(entry.key) !== entry) return
      const since = changes.since(snapshot.meta.feed)
      if (since === 'overflow') return retryLater(entry)
      settle(entry, snapshot, since)
    } catch (error) {
      if (!isStopped && entries.get(entry.key) === entry) loadFailed(entry, asker, options.toWireError(error))
    } finally {
      changes.end()
    }
  }

  const settle = (entry: Entry, snapshot: Snapshot, since: readonly ChangedEvent[]): void => {
    const earlier = entry.watched
    const feed = feedOf(snapshot.meta.feed)
    const isForeign = feed.point !== undefined && feed.point.incarnation !== snapshot.meta.incarnation
    // The projection began a new life between the snapshot and its announcement, or the other way round.
    if (isForeign && since.some((change) => change.incarnation !== snapshot.meta.incarnation)) return void load(entry)
    const fresh = createWatchedSelector(earlier?.sel ?? nextSel++, entry.key, entry.name, entry.selector, snapshot)
    if (earlier) {
      feedOf(earlier.meta.feed).index.remove(earlier)
      dirty.delete(earlier)
    }
    const isStepBack = earlier !== undefined && comparePositions(fresh.loadedAt, pointOf(earlier).position) < 0
    entry.watched = earlier && !isStepBack ? carryOver(earlier, fresh, snapshot) : fresh
    entry.state = 'live'
    entry.attempt = 0
    entryOfSel.set(fresh.sel, entry)
    feed.index.add(entry.watched)
    for (const change of since) applyTo(entry.watched, change)
    if (earlier && isStepBack) {
      for (const { watcher, observations } of entry.watchers.values())
        for (const obs of observations.keys()) sendRows(entry, watcher, obs)
    } else if (earlier) flushSoon()
    for (const { watcher, observations } of [...entry.watchers.values()])
      for (const [obs, sought] of [...observations]) if (!sought.isGreeted) greet(entry, watcher, obs, sought)
  }

  /** The rows already shown, under the new snapshot's life: the difference becomes unsent changes. */
  const carryOver = (earlier: WatchedSelector, fresh: WatchedSelector, snapshot: Snapshot): WatchedSelector => {
    const carried: WatchedSelector = { ...fresh, rows: earlier.rows, unsent: earlier.unsent }
    takeSnapshot(carried, snapshot.rows)
    if (isDirty(carried)) dirty.add(carried)
    return carried
  }

  const loadFailed = (entry: Entry, asker: Watcher, error: WireError): void => {
    const isFinal = finalKinds.includes(error.kind)
    if (!isFinal) {
      for (const { watcher, observations } of entry.watchers.values())
        for (const obs of observations.keys()) watcher.send({ k: 'trouble', error, obs })
      return retryLater(entry)
    }
    // Only for whom it was asked: another watcher may be allowed more.
    for (const obs of [...(entry.watchers.get(asker.id)?.observations.keys() ?? [])]) {
      asker.send({ k: 'trouble', error, obs, final: true })
      unobserve(asker, obs)
    }
    if (entries.get(entry.key) === entry) void load(entry)
  }

  const retryLater = (entry: Entry): void => {
    entry.state = 'waiting'
    entry.cancelTimer?.()
    entry.cancelTimer = clock.after(backOffMs(entry.attempt++, random, 100, 5_000), () => void load(entry))
  }

  // -- watching

  const observe = (watcher: Watcher, { obs, name, selector, token }: Observe): void => {
    const key = selectorKey(name, selector)
    if (entryOfObservation.has(`${watcher.id} ${obs}`)) unobserve(watcher, obs)
    const entry = entries.get(key) ?? newEntry(key, name, selector)
    entryOfObservation.set(`${watcher.id} ${obs}`, entry)
    const place = entry.watchers.get(watcher.id) ?? { watcher, observations: new Map<number, Sought>() }
    const sought = { token, isGreeted: false }
    place.observations.set(obs, sought)
    entry.watchers.set(watcher.id, place)
    if (entry.watchers.size === 1 && entry.state === 'live') entry.cancelTimer?.()
    if (entry.state === 'live') greet(entry, watcher, obs, sought)
    else if (entries.get(key) !== entry) {
      entries.set(key, entry)
      void load(entry)
    }
  }

  const newEntry = (key: string, name: string, selector: Selector): Entry => ({
    key,
    name,
    selector,
    watchers: new Map(),
    state: 'loading',
    watched: undefined,
    attempt: 0,
    cancelTimer: undefined,
  })

  /** A newcomer: what it missed if that is known, else everything; then patches go on from there. */
  const greet = (entry: Entry, watcher: Watcher, obs: number, sought: Sought): void => {
    const { watched } = entry
    if (!watched) return
    if (watched.meta.access === 'admin' && !isAdmin(watcher.principal)) {
      const words = `${entry.name} is for administrators.`
      watcher.send({ k: 'trouble', error: { kind: 'forbidden', words }, obs, final: true })
      return unobserve(watcher, obs)
    }
    if (isDirty(watched)) flush()
    sought.isGreeted = true
    const from = parseToken(sought.token)
    const missed = from && patchesSince(watched, from, pointOf(watched))
    if (missed) {
      watcher.send({ k: 'resumed', obs, sel: watched.sel })
      if (missed.length > 0) watcher.send({ k: 'patch' }, `[${missed.join(',')}]`)
    } else sendRows(entry, watcher, obs)
    groups.add(watcher, watched.sel)
  }

  const sendRows = ({ watched }: Entry, watcher: Watcher, obs: number): void => {
    if (!watched) return
    const point = pointOf(watched)
    const { keyedBy, orderBy } = watched.meta
    const head = {
      k: 'rows',
      obs,
      sel: watched.sel,
      token: encodeToken(point),
      position: point.position,
      keyedBy,
      orderBy,
    } as const
    watcher.send(head, rowsText(watched))
  }

  const unobserve = (watcher: Watcher, obs: number): void => {
    const id = `${watcher.id} ${obs}`
    const entry = entryOfObservation.get(id)
    entryOfObservation.delete(id)
    const place = entry?.watchers.get(watcher.id)
    if (!entry || !place) return
    place.observations.delete(obs)
    if (place.observations.size > 0) return
    entry.watchers.delete(watcher.id)
    if (entry.watched) {
      groups.remove(watcher, entry.watched.sel)
    }
    if (entry.watchers.size > 0) return
    if (entry.state !== 'live') return drop(entry)
    entry.cancelTimer = clock.after(lingerMs, () => drop(entry))
  }

  const leave = (watcher: Watcher): void => {
    groups.leave(watcher)
    const prefix = `${watcher.id} `
    for (const id of [...entryOfObservation.keys()])
      if (id.startsWith(prefix)) unobserve(watcher, Number(id.slice(prefix.length)))
  }

  const drop = (entry: Entry): void => {
    entry.cancelTimer?.()
    if (entries.get(entry.key) === entry) entries.delete(entry.key)
    if (!entry.watched) return
    feedOf(entry.watched.meta.feed).index.remove(entry.watched)
    entryOfSel.delete(entry.watched.sel)
    dirty.delete(entry.watched)
  }

  // -- changes

  const take = (feedName: string, change: ChangeEvent): void => {
    const feed = feedOf(feedName)
    const step = takeAnnouncement(feed, change)
    if (step.step === 'wait') return
    if (step.step === 'resync') return resync(feed, `${feedName}: ${step.why}`)
    recent.note(feedName, step.events)
    for (const event of step.events)
      for (const [table, rows] of Object.entries(event.tables))
        for (const row of rows)
          for (const [watched, isMember] of feed.index.find(table, row)) {
            if (comparePositions(event.to, watched.loadedAt) <= 0) continue
            takeChange(watched, row, isMember)
            if (isDirty(watched)) dirty.add(watched)
          }
    if (dirty.size > 0) flushSoon()
  }

  const applyTo = (watched: WatchedSelector, event: ChangedEvent): void => {
    if (event.incarnation !== watched.meta.incarnation || comparePositions(event.to, watched.loadedAt) <= 0) return
    for (const row of event.tables[watched.meta.table] ?? []) takeChange(watched, row, isMemberOf(watched, row.a))
    if (isDirty(watched)) dirty.add(watched)
  }

  const isMemberOf = ({ selector }: WatchedSelector, row: { readonly [field: string]: unknown } | undefined): boolean =>
    row !== undefined && Object.entries(selector).every(([field, value]) => (row[field] ?? null) === value)

  const resync = (feed: FeedState, why: string): void => {
    const affected = [...feed.index.all()]
    if (affected.length > 0) log.info(`looking again at ${affected.length} selectors: ${why}`)
    for (const watched of affected) {
      const entry = entryOfSel.get(watched.sel)
      if (entry?.state !== 'live') continue
      if (entry.watchers.size === 0) drop(entry)
      else void load(entry)
    }
  }

  // -- sending

  const flushSoon = (): void => {
    if (cancelFlush || isStopped) return
    const waitMs = Math.max(0, flushedAt + flushMs - clock.now())
    cancelFlush = clock.after(waitMs, flush)
  }

  const flush = (): void => {
    cancelFlush?.()
    cancelFlush = undefined
    flushedAt = clock.now()
    if (dirty.size === 0) return
    const texts = new Map([...dirty].map((watched) => [watched.sel, drainPatch(watched, pointOf(watched))]))
    dirty.clear()
    for (const { topic, sels } of groups.concerned(new Set(texts.keys())))
      publish(topic, { k: 'patch' }, `[${sels.map((sel) => texts.get(sel)).join(',')}]`)
  }

  return {
    observe,
    unobserve,
    leave,
    take,
    resyncAll: (why) => {
      for (const feed of feeds.values()) resync(feed, why)
    },
    retryWaiting: () => {
      for (const entry of entries.values()) if (entry.state === 'waiting') void load(entry)
    },
    stats: () => ({
      selectorCount: entries.size,
      observationCount: entryOfObservation.size,
      rowCount: [...entries.values()].reduce((sum, entry) => sum + (entry.watched?.rows.size ?? 0), 0),
      groupCount: groups.size(),
    }),
    stop: () => {
      isStopped = true
      cancelFlush?.()
      for (const entry of entries.values()) entry.cancelTimer?.()
      entries.clear()
    },
  }
}
