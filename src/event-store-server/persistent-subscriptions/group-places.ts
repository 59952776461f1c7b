/**
 * Places in what a group reads: revisions of a stream, or positions in the whole log. Both are whole numbers that grow;
 * "after" a place excludes it.
 */
import { PlatformError } from '#kernel/platform-error.ts'
import type { EventLog } from '../streams/event-log.ts'
import { allStream, type StartFrom } from './group-settings.ts'

/**
 * After which place a group begins, given where the log stands now. A stream may be waited for; a position that the log has
 * not reached is none.
 */
export function toStartAfter(log: EventLog, streamName: string, startFrom: StartFrom): number {
  if (typeof startFrom === 'number') {
    if (streamName === allStream && startFrom > log.lastPosition) throw beyondTheLog(startFrom, log.lastPosition)
    return startFrom - 1
  }
  if (startFrom === 'start') return -1
  return lastPlace(log, streamName)
}

function beyondTheLog(startFrom: number, lastPosition: number): PlatformError {
  const words = `The group is to begin at position ${startFrom}, but the log ends at ${lastPosition}. Begin at a position read from it.`
  return new PlatformError('bad-input', words)
}

/** Of the last event there is; -1 when there is none. */
export function lastPlace(log: EventLog, streamName: string): number {
  return streamName === allStream ? log.lastPosition : (log.findStream(streamName)?.revision ?? -1)
}

/** As the protocol writes places: `12`, or `C:2345/P:2345`. */
export function placeText(streamName: string, place: number): string {
  return streamName === allStream ? `C:${place}/P:${place}` : String(place)
}

export function parsePlace(text: string): number | undefined {
  const digits = /^C:(-?\d+)\/P:-?\d+$/.exec(text)?.[1] ?? (/^-?\d+$/.test(text) ? text : undefined)
  const place = digits === undefined ? Number.NaN : Number(digits)
  return Number.isSafeInteger(place) ? place : undefined
}

/** What a setting of the start looks like to clients. */
export function startText(streamName: string, startFrom: StartFrom): string {
  if (startFrom === 'start') return placeText(streamName, 0)
  return placeText(streamName, startFrom === 'end' ? -1 : startFrom)
}

export function parseStart(text: string): StartFrom | undefined {
  const place = parsePlace(text)
  if (place === undefined) return undefined
  return place === 0 ? 'start' : place < 0 ? 'end' : place
}
