import type { ChangedEvent, ChangeEvent } from '#event-store/change-event.ts'
import { comparePositions } from '#kernel/position.ts'
import { isSameLife, lifeBefore, type ResumePoint } from './resume-token.ts'

/** Where one projection's change stream stands: the last whole commit, and the parts of one that is arriving. */
export type FeedState = { readonly point: ResumePoint | undefined; readonly parts: readonly ChangedEvent[] }

export const unheardFeed: FeedState = { point: undefined, parts: [] }

/** What an announcement means: a whole commit to apply, or look again; or nothing yet, or nothing new. */
export type FeedStep =
  | { readonly step: 'apply'; readonly feed: FeedState; readonly events: readonly ChangedEvent[] }
  | { readonly step: 'resync'; readonly feed: FeedState; readonly why: string }
  | { readonly step: 'wait'; readonly feed: FeedState }

/**
 * Takes the next announcement: commits follow each other without a gap, in one life of the projection, or from one life
 * into the next where that one says so.
 * Announcements may come twice; what is known already means nothing new.
 */
export function takeAnnouncement(feed: FeedState, change: ChangeEvent): FeedStep {
  const { point, parts } = feed
  const isKnown = point && isSameLife(change, point) && comparePositions(change.to, point.position) <= 0
  if (isKnown) return { step: 'wait', feed }
  if (change.kind === 'resync') return restart(change, 'the projection says so')
  if (point && !isSameLife(lifeBefore(change), point)) return restart(change, 'another life of the projection')
  if (point && change.from !== point.position) return restart(change, `a gap from ${point.position} to ${change.from}`)
  const isSameCommit = parts[0] === undefined || parts[0].to === change.to
  if (isSameCommit && change.part < parts.length) return { step: 'wait', feed }
  if (!isSameCommit || change.part !== parts.length) return restart(change, 'a part is missing')
  const events = [...parts, change]
  if (events.length < change.parts) return { step: 'wait', feed: { point, parts: events } }
  return { step: 'apply', feed: { point: toPoint(change), parts: [] }, events }
}

/** Later parts of the commit at hand are old news then: whoever looks again finds all of it. */
function restart(change: ChangeEvent, why: string): FeedStep {
  return { step: 'resync', feed: { point: toPoint(change), parts: [] }, why }
}

function toPoint({ incarnation, version, to: position }: ChangeEvent): ResumePoint {
  return { incarnation, version, position }
}
