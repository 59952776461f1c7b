import { fromPosition } from '#kernel/position.ts'
import type { RecordedEvent } from './event-store.ts'

/**
 * What an event of these takes in the log: positions are like bytes of it. Events of others in between make it too many,
 * which is on the safe side for whoever bounds memory by it. 1 where nobody can tell.
 */
export function bytesAnEvent(events: readonly Pick<RecordedEvent, 'position'>[]): number {
  const [first, last] = [events[0], events.at(-1)]
  if (!first || !last || events.length < 2) return 1
  const bytes = Number(fromPosition(last.position).commit - fromPosition(first.position).commit)
  return Math.max(1, bytes / (events.length - 1))
}
