import { comparePositions } from '#kernel/position.ts'
import { type FeedState, unheardFeed } from './feed-state.ts'
import { createPastLives, type PastLives } from './past-lives.ts'
import { isBeyond, isSameLife, type ResumePoint } from './resume-token.ts'
import { createSelectorIndex, type SelectorIndex } from './selector-index.ts'
import type { SelectorRows } from './selector-rows.ts'

/** A projection's change stream on this server, and the live selectors that follow it. */
export type Feed = {
  readonly name: string
  state: FeedState
  readonly index: SelectorIndex
  /** Lives the stream has left behind: nothing that comes of them is new. */
  readonly left: PastLives
  /** Lives that were over when somebody with a token of theirs was looked up. */
  readonly seen: PastLives
}

export interface Feeds {
  get(name: string): Feed
  all(): Iterable<Feed>
  /** Where live rows stand: as far as their feed has come, or their own start when that is newer. */
  pointOf(rows: SelectorRows): ResumePoint
  /** Whether whoever was at this point may have seen something newer than these rows. */
  mayBeAhead(point: ResumePoint, rows: SelectorRows): boolean
}

export function createFeeds(): Feeds {
  const feeds = new Map<string, Feed>()
  const get = (name: string): Feed => {
    const feed = feeds.get(name) ?? {
      name,
      state: unheardFeed,
      index: createSelectorIndex(),
      left: createPastLives(),
      seen: createPastLives(),
    }
    feeds.set(name, feed)
    return feed
  }
  const pointOf = ({ meta, start }: SelectorRows): ResumePoint => {
    const { point } = get(meta.feed).state
    if (!point || !isSameLife(point, start)) return start
    return comparePositions(point.position, start.position) > 0 ? point : start
  }

  return {
    get,
    all: () => feeds.values(),
    pointOf,
    mayBeAhead: (point, rows) => {
      const here = pointOf(rows)
      if (isSameLife(point, here)) return isBeyond(point, here)
      const { left, seen } = get(rows.meta.feed)
      return !left.has(point) && !seen.has(point)
    },
  }
}
