/**
 * Whether an append is written, refused, or recognised as one that was already written.
 *
 * A retry is recognised by its event ids, in order and without gaps: after an exact revision or at the stream's beginning
 * when that belief no longer holds, anywhere in the stream when the belief names no place (of an id that many events share,
 * among the newest of them). Half a repetition is a conflict.
 */
import { deletedBefore, type StoredStream } from '../storage/storage.ts'
import { type ExpectedRevision, isAsExpected } from './expected-revision.ts'

/** What the rules must be able to look up in the stream; asked only when a retry is possible. */
export type AppendHistory = {
  /** Events from a revision on, at most `count`. */
  eventsFrom(firstRevision: number, count: number): readonly RecordedId[]
  /** Every place where an event has this id. */
  placesOf(eventId: string): readonly RecordedId[]
}

export type RecordedId = { readonly id: string; readonly revision: number; readonly position: number }

export type AppendVerdict =
  | { readonly kind: 'write' }
  | { readonly kind: 'repeated'; readonly last: RecordedId }
  | { readonly kind: 'conflict' }

type StreamAtAppend = Pick<StoredStream, 'revision' | 'truncateBefore'>

export function judgeAppend(
  stream: StreamAtAppend,
  expected: ExpectedRevision,
  eventIds: readonly string[],
  history: AppendHistory,
): AppendVerdict {
  const expectationHolds = isAsExpected(expected, { revision: stream.revision, exists: isPresent(stream) })
  const namesPlace = typeof expected === 'number' || expected === 'no-stream'
  if (eventIds.length === 0 || stream.revision < 0) return expectationHolds ? { kind: 'write' } : { kind: 'conflict' }
  if (expectationHolds && namesPlace) return { kind: 'write' }

  const starts = namesPlace ? startsAfter(expected, stream) : startsOf(eventIds, history)
  for (const start of starts) {
    const last = findRepetition(start, eventIds, history)
    if (last) return { kind: 'repeated', last }
  }
  const isHalfRepeated = !namesPlace && starts.length > 0
  return expectationHolds && !isHalfRepeated ? { kind: 'write' } : { kind: 'conflict' }
}

/** Has events that a reader may see; a deleted stream has not. */
export function isPresent(stream: StreamAtAppend): boolean {
  return stream.revision >= 0 && stream.truncateBefore !== deletedBefore
}

/** A stream begins at 0, or where it was taken up again after a deletion. */
function startsAfter(expected: number | 'no-stream', stream: StreamAtAppend): number[] {
  if (expected !== 'no-stream') return expected < stream.revision ? [expected + 1] : []
  return stream.truncateBefore > 0 && stream.truncateBefore <= stream.revision ? [0, stream.truncateBefore] : [0]
}

function startsOf(eventIds: readonly string[], history: AppendHistory): number[] {
  const [first] = eventIds
  return first === undefined ? [] : history.placesOf(first).map((place) => place.revision)
}

function findRepetition(start: number, eventIds: readonly string[], history: AppendHistory): RecordedId | undefined {
  const found = history.eventsFrom(start, eventIds.length)
  if (found.length !== eventIds.length) return undefined
  const isSame = found.every((place, index) => place.id === eventIds[index] && place.revision === start + index)
  return isSame ? found.at(-1) : undefined
}
