import { comparePositions } from '#kernel/position.ts'
import { type FeedState, unheardFeed } from './feed-state.ts'
import { isSameLife, type ResumePoint } from './resume-token.ts'
import { createSelectorIndex, type SelectorIndex } from './selector-index.ts'
import type { SelectorRows } from './selector-rows.ts'

/** A projection's change stream on this server, and the live selectors that follow it. */
export type Feed = { readonly name: string; state: FeedState; readonly index: SelectorIndex }

export interface Feeds {
  get(name: string): Feed
  all(): Iterable<Feed>
  /** Where live rows stand: as far as their feed has come, or their own start when that is newer. */
  pointOf(rows: SelectorRows): ResumePoint
}

export function createFeeds(): Feeds {
  const feeds = new Map<string, Feed>()
  const get = (name: string): Feed => {
    const feed = feeds.get(name) ?? { name, state: unheardFeed, index: createSelectorIndex() }
    feeds.set(name, feed)
    return feed
  }
  return {
    get,
    all: () => feeds.values(),
    pointOf: ({ meta, start }) => {
      const { point } = get(meta.feed).state
      if (!point || !isSameLife(point, start)) return start
      return comparePositions(point.position, start.position) > 0 ? point : start
    },
  }
}
