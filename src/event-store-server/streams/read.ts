/**
 * Bounded reads: a stream or the whole log, both ways, in pages, at the pace of the reader.
 *
 * A read ends where the log ended when it began, however fast others append. Reading the whole log ignores deletions
 * and truncation, reading a stream honours them.
 */
import type { Direction, StoredEvent, StoredStream } from '../storage/storage.ts'
import type { EventFilter } from './event-filter.ts'
import type { EventLog } from './event-log.ts'
import { readEventHeader } from './event-record.ts'
import { nextTurn, type ReadSink, TurnTimer, waitForReader } from './read-sink.ts'

export type ReadStart = 'start' | 'end' | number

export type ReadAllRequest = {
  readonly direction: Direction
  /** A position: forwards includes it, backwards excludes it. */
  readonly from: ReadStart
  readonly countMax: number
  readonly filter: EventFilter | undefined
  /** Nobody waits for it: it gives way to who does. */
  readonly isBackground?: boolean
}

export type ReadStreamRequest = {
  readonly streamName: string
  readonly direction: Direction
  /** A revision, included both ways. */
  readonly from: ReadStart
  readonly countMax: number
}

export const readStallMs = 5 * 60_000
/** Who reads waits for the whole of a read, and not for ever: from then on it has given way for long enough. */
const courtesyMsMax = 10_000

export async function readAll(log: EventLog, request: ReadAllRequest, sink: ReadSink): Promise<void> {
  const { direction, countMax, filter, isBackground = false } = request
  const { rightOfWay } = log
  const politeUntil = isBackground ? performance.now() + courtesyMsMax : 0
  let { after, before } = toAllBounds(request, log.lastPosition)
  for (let sent = 0; sent < countMax && !sink.isClosed; ) {
    const startedAt = performance.now()
    const isPolite = startedAt < politeUntil
    const page = log.readAll({ direction, after, before }, isPolite ? rightOfWay.pageLimits : undefined)
    const last = page.at(-1)
    if (!last) return
    const wanted = filter ? await select(page, filter) : page
    const taken = wanted.slice(0, countMax - sent)
    if (!(await sendAll(log, taken, sink))) return
    sent += taken.length
    if (direction === 'forwards') after = last.position
    else before = last.position
    await (isPolite ? rightOfWay.giveWay(performance.now() - startedAt) : nextTurn())
  }
}

export async function readStream(
  log: EventLog,
  stream: StoredStream,
  request: ReadStreamRequest,
  sink: ReadSink,
): Promise<void> {
  const { direction, countMax } = request
  let { first, last } = toStreamBounds(request, log.firstVisibleRevision(stream), stream.revision)
  for (let sent = 0; sent < countMax && first <= last; ) {
    const page = log.readStream(stream, direction, first, last)
    const end = page.at(-1)
    if (!end) return
    const taken = page.slice(0, countMax - sent)
    if (!(await sendAll(log, taken, sink))) return
    sent += taken.length
    const { revision } = readEventHeader(end.record)
    if (direction === 'forwards') first = revision + 1
    else last = revision - 1
    await nextTurn()
  }
}

async function select(page: readonly StoredEvent[], filter: EventFilter): Promise<StoredEvent[]> {
  const wanted: StoredEvent[] = []
  const turn = new TurnTimer()
  for (const event of page) {
    if (filter(readEventHeader(event.record))) wanted.push(event)
    if (turn.isOver) await turn.pause()
  }
  return wanted
}

async function sendAll(log: EventLog, events: readonly StoredEvent[], sink: ReadSink): Promise<boolean> {
  for (const event of events) {
    if (sink.isFull && !(await waitForReader(sink, log.clock, readStallMs))) return false
    if (sink.isClosed) return false
    sink.sendEvent(event.record)
  }
  return true
}

/** Exclusive bounds; positions are whole numbers, so "from, inclusive" is "after the number before". */
function toAllBounds({ direction, from }: ReadAllRequest, lastPosition: number): { after: number; before: number } {
  const end = lastPosition + 1
  if (direction === 'forwards')
    return { after: from === 'start' ? -1 : from === 'end' ? lastPosition : from - 1, before: end }
  return { after: -1, before: from === 'start' ? 0 : from === 'end' ? end : Math.min(from, end) }
}

function toStreamBounds(
  { direction, from }: ReadStreamRequest,
  visible: number,
  head: number,
): { first: number; last: number } {
  if (direction === 'forwards')
    return { first: from === 'start' ? visible : from === 'end' ? head + 1 : Math.max(from, visible), last: head }
  return { first: visible, last: from === 'start' ? Math.min(0, head) : from === 'end' ? head : Math.min(from, head) }
}
