import type { EventFilter, EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { comparePositions, fromPosition, logStart, type Position, toPosition } from '#kernel/position.ts'

/** What people did and the platform decided; announcements are written later and under another clock. */
const ofPeople: EventFilter = { on: 'stream', regex: '^(?!changes-|jobs-|\\$)' }
const scanCountMax = 1_000

/** An earlier place near an instant, found otherwise: for stores that read only from positions they have given out. */
export type PlaceBefore = (instant: number) => Promise<Position | undefined>

/**
 * The position of the last event recorded at an instant or before; the start of the log when there is none.
 *
 * Halves the log: some twenty small reads of a log of any size. Where a clock was put back, an instant lies at more than
 * one place, and one of them is found.
 */
export async function positionAt(
  store: Pick<EventStore, 'readLog'>,
  instant: number,
  placeBefore: PlaceBefore = async () => undefined,
): Promise<Position> {
  const [newest] = await store.readLog({ beyond: 'end', direction: 'backwards', countMax: 1, filter: ofPeople })
  if (!newest) return logStart
  if (recordedAtOf(newest) <= instant) return newest.position
  try {
    return await halve(store, instant, newest.position)
  } catch (error) {
    const place = await placeBefore(instant)
    if (place === undefined) throw error
    return scan(store, instant, place)
  }
}

export function recordedAtOf(event: RecordedEvent): number {
  return parseMetadata(event.metadata).recordedAt ?? event.storedAt
}

/** `later` was recorded after the instant. */
async function halve(store: Pick<EventStore, 'readLog'>, instant: number, later: Position): Promise<Position> {
  let low = logStart
  let high = fromPosition(later).commit
  while (fromPosition(low).commit + 1n < high) {
    const middle = (fromPosition(low).commit + high) / 2n
    const beyond = toPosition(middle, middle)
    const [event] = await store.readLog({ beyond, direction: 'forwards', countMax: 1, filter: ofPeople })
    if (event && recordedAtOf(event) <= instant && comparePositions(event.position, later) < 0) low = event.position
    else high = middle
  }
  return scan(store, instant, low)
}

/** From an event recorded before the instant, on to the last one in a row. */
async function scan(store: Pick<EventStore, 'readLog'>, instant: number, from: Position): Promise<Position> {
  for (let last = from; ; ) {
    const page = await store.readLog({ beyond: last, direction: 'forwards', countMax: scanCountMax, filter: ofPeople })
    const place = page.findIndex((event) => recordedAtOf(event) > instant)
    const taken = place < 0 ? page : page.slice(0, place)
    last = taken.at(-1)?.position ?? last
    if (place >= 0 || page.length < scanCountMax) return last
  }
}
