import type { EventFilter, EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { fromPosition, logStart, type Position, toPosition } from '#kernel/position.ts'

/** What people did and the platform decided; announcements are written later and under another clock. */
export const ofPeople: EventFilter = { on: 'stream', regex: '^(?!changes-|jobs-|\\$)' }
const scanCountMax = 1_000
const lookCountMax = 64

/** An earlier place near an instant, found otherwise: for stores that read only from positions they have given out. */
export type PlaceBefore = (instant: number) => Promise<Position | undefined>

/**
 * The position of the last event recorded at an instant or before; the start of the log when there is none.
 *
 * A few small reads in a log of any size. Where a clock was put back, an instant lies at more than
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
    return await narrow(store, instant, newest)
  } catch (error) {
    const place = await placeBefore(instant)
    if (place === undefined) throw error
    return scan(store, instant, place)
  }
}

export function recordedAtOf(event: RecordedEvent): number {
  return parseMetadata(event.metadata).recordedAt ?? event.storedAt
}

/**
 * `later` was recorded after the instant. Guesses by how much time has passed, and every other time takes the middle, so
 * that a log of uneven times costs no more than twice its halving.
 */
async function narrow(store: Pick<EventStore, 'readLog'>, instant: number, later: RecordedEvent): Promise<Position> {
  let low = { position: logStart, commit: 0n, at: Number.NaN }
  let high = { commit: fromPosition(later.position).commit, at: recordedAtOf(later) }
  for (let step = 0; low.commit + 1n < high.commit; step++) {
    const middle =
      low.commit + guess(high.commit - low.commit, step % 2 ? 0.5 : (instant - low.at) / (high.at - low.at))
    const beyond = toPosition(middle, middle)
    const page = await store.readLog({ beyond, direction: 'forwards', countMax: lookCountMax, filter: ofPeople })
    const place = page.findIndex((event) => recordedAtOf(event) > instant)
    const [first] = page
    const last = place < 0 ? page.at(-1) : page[place - 1]
    if (last && place > 0) return last.position
    if (last && place < 0) {
      low = { position: last.position, commit: fromPosition(last.position).commit, at: recordedAtOf(last) }
      if (low.commit >= high.commit) return low.position
    } else high = { commit: middle, at: first ? recordedAtOf(first) : high.at }
  }
  return scan(store, instant, low.position)
}

/** A part of a stretch, never its ends. */
function guess(length: bigint, share: number): bigint {
  const thousandths = Number.isFinite(share) ? Math.min(990, Math.max(10, Math.round(share * 1_000))) : 500
  const part = (length * BigInt(thousandths)) / 1_000n
  return part > 0n ? part : 1n
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
