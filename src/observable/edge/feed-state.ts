import type { ChangedEvent, ChangeEvent } from '#event-store/change-event.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import type { ResumePoint } from './resume-token.ts'
import { createSelectorIndex, type SelectorIndex } from './selector-index.ts'

/** Where one projection's change stream stands on this server, and the selectors that follow it. */
export type FeedState = { point: ResumePoint | undefined; parts: ChangedEvent[]; readonly index: SelectorIndex }

export function createFeedState(): FeedState {
  return { point: undefined, parts: [], index: createSelectorIndex() }
}

/** What an announcement means here: a whole commit to apply, or look again; or nothing yet, or nothing new. */
export type FeedStep =
  | { readonly step: 'apply'; readonly events: readonly ChangedEvent[]; readonly to: Position }
  | { readonly step: 'resync'; readonly why: string }
  | { readonly step: 'wait' }

/** Takes the next announcement: commits must follow each other without a gap, in one incarnation. */
export function takeAnnouncement(feed: FeedState, change: ChangeEvent): FeedStep {
  const { incarnation, version, to } = change
  const { point } = feed
  if (change.kind === 'resync') return restart(feed, change, 'the projection says so')
  if (point && (point.incarnation !== incarnation || point.version !== version))
    return restart(feed, change, 'another incarnation')
  if (point && comparePositions(change.from, point.position) !== 0) {
    if (comparePositions(to, point.position) <= 0) return { step: 'wait' }
    return restart(feed, change, `a gap from ${point.position} to ${change.from}`)
  }
  if (change.part !== feed.parts.length) return restart(feed, change, 'a part is missing')
  feed.parts.push(change)
  if (feed.parts.length < change.parts) return { step: 'wait' }
  const events = feed.parts
  feed.parts = []
  feed.point = { incarnation, version, position: to }
  return { step: 'apply', events, to }
}

function restart(feed: FeedState, { incarnation, version, to }: ChangeEvent, why: string): FeedStep {
  feed.parts = []
  feed.point = { incarnation, version, position: to }
  return { step: 'resync', why }
}
