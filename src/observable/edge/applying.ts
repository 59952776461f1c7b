import type { ChangedEvent, ChangeEvent, ReadModelLife } from '#event-store/change-event.ts'
import { unreachable } from '#kernel/assert.ts'
import type { Log } from '#kernel/log.ts'
import { comparePositions } from '#kernel/position.ts'
import { takeAnnouncement, unheardFeed } from './feed-state.ts'
import type { Feed, Feeds } from './feeds.ts'
import type { RecentChanges } from './recent-changes.ts'
import { isBeyond, isSameLife, lifeBefore, type ResumePoint } from './resume-token.ts'
import { goOn, type SelectorRows, takeChange } from './selector-rows.ts'

/** Brings announcements to the selectors they concern, whole commits only; what they leave open is looked at again. */
export interface Applying {
  take(feed: string, change: ChangeEvent): void
  resyncAll(why: string): void
}

export function createApplying(options: {
  readonly feeds: Feeds
  readonly recent: RecentChanges
  /** Takes the rows out of the index and has them fetched again; what is unsent goes out first. */
  readonly lookAgain: (rows: SelectorRows) => void
  /** A commit has changed these; none is named twice. */
  readonly onChanged: (changed: ReadonlySet<SelectorRows>) => void
  /** A feed stands elsewhere than it did: snapshots that did not fit may fit now. */
  readonly onMoved: () => void
  readonly log: Log
}): Applying {
  const { feeds, recent, lookAgain, log } = options

  const take = (name: string, change: ChangeEvent): void => {
    const feed = feeds.get(name)
    if (feed.left.has(change)) return
    const before = feed.state.point
    const next = takeAnnouncement(feed.state, change)
    if (before && next.feed.point && !isSameLife(before, next.feed.point)) feed.left.add(before)
    switch (next.step) {
      case 'wait':
        feed.state = next.feed
        return
      case 'resync':
        lookAgainUnless(feed, (start) => hasReached(start, change), next.why)
        feed.state = next.feed
        return options.onMoved()
      case 'apply':
        if (!before) lookAgainUnless(feed, (start) => joins(start, change), 'something came before')
        feed.state = next.feed
        recent.note(name, next.events)
        return apply(feed, next.events)
      default:
        return unreachable(next)
    }
  }

  const lookAgainUnless = (feed: Feed, isGood: (start: ResumePoint) => boolean, why: string): void => {
    const affected = [...feed.index.all()].filter(({ start }) => !isGood(start))
    if (affected.length === 0) return
    log.info(`looking again at ${affected.length} selectors of ${feed.name}: ${why}`)
    for (const rows of affected) lookAgain(rows)
  }

  const apply = (feed: Feed, events: readonly ChangedEvent[]): void => {
    const changed = new Set<SelectorRows>()
    for (const event of events)
      for (const [table, changes] of Object.entries(event.tables))
        for (const change of changes)
          for (const [rows, isMember] of feed.index.find(table, change)) {
            if (isSameLife(event, rows.start) && comparePositions(event.to, rows.start.position) <= 0) continue
            takeChange(rows, change, isMember)
            changed.add(rows)
          }
    const [first] = events
    if (first?.follows) goOnInNextLife(feed, first, first.follows)
    if (changed.size > 0) options.onChanged(changed)
    if (first?.follows) options.onMoved()
  }

  /** All rows stand in it now, those too that no change concerned. */
  const goOnInNextLife = (feed: Feed, change: ChangedEvent, follows: ReadModelLife): void => {
    const { incarnation, version, from, to } = change
    for (const rows of feed.index.all())
      if (isSameLife(rows.start, follows))
        goOn(rows, { ...follows, position: from }, { incarnation, version, position: to })
  }

  return {
    take,
    resyncAll: (why) => {
      for (const feed of feeds.all()) {
        lookAgainUnless(feed, () => false, why)
        feed.state = unheardFeed
      }
      options.onMoved()
    },
  }
}

/** Rows looked at after the announcement's commit hold all that it stands for. */
function hasReached(start: ResumePoint, { incarnation, version, to: position }: ChangeEvent): boolean {
  return isSameLife(start, { incarnation, version }) && !isBeyond({ incarnation, version, position }, start)
}

/** Whether the first announcement heard follows the rows without a gap. */
function joins(start: ResumePoint, change: ChangeEvent): boolean {
  return hasReached(start, change) || (isSameLife(start, lifeBefore(change)) && start.position === change.from)
}
