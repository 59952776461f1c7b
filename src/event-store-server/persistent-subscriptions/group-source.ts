/**
 * What a group reads: one stream, or the whole log through a filter.
 *
 * Promises: `read` gives what comes after a place in order, and how far it has looked; what was deleted, truncated or
 * scavenged is stepped over. It never holds more than one page, and an answer with `isAtEnd` means: nothing more now.
 */
import type { StoredEvent } from '../storage/storage.ts'
import { createEventFilter, type EventFilter } from '../streams/event-filter.ts'
import type { EventLog } from '../streams/event-log.ts'
import { type EventHeader, readEventHeader } from '../streams/event-record.ts'
import type { TailEntry } from '../streams/tail-ring.ts'
import { allStream, type GroupKey, type GroupSettings } from './group-settings.ts'
import { isStateOfAllGroups } from './group-streams.ts'

export type SourceEvent = {
  readonly place: number
  readonly record: Buffer
  /** Where it was read on the way: that costs as much as everything else here. */
  readonly header?: EventHeader
}

export type SourcePage = {
  readonly events: readonly SourceEvent[]
  /** Looked at up to here. */
  readonly reached: number
  readonly isLive: boolean
  readonly isAtEnd: boolean
  /** Not wanted by the filter. */
  readonly skippedCount: number
}

export interface GroupSource {
  read(after: number, countMax: number): SourcePage
  /** `wake` is called after each commit that may concern this source; the returned function ends that. */
  listen(wake: () => void): () => void
}

export function createGroupSource(log: EventLog, key: GroupKey, settings: GroupSettings): GroupSource {
  if (key.streamName !== allStream) return new StreamSource(log, key.streamName)
  return new AllSource(log, settings.filter && createEventFilter(settings.filter))
}

class StreamSource implements GroupSource {
  private readonly log: EventLog
  private readonly streamName: string

  constructor(log: EventLog, streamName: string) {
    this.log = log
    this.streamName = streamName
  }

  listen(wake: () => void): () => void {
    return this.log.listeners.add(wake, this.streamName)
  }

  read(after: number, countMax: number): SourcePage {
    const stream = this.log.findStream(this.streamName)
    if (!stream || stream.revision <= after) return nothingAfter(after)
    // Its events are there until a scavenge, but no reader gets them any more.
    if (stream.isTombstoned) return nothingAfter(stream.revision)
    const first = Math.max(after + 1, this.log.firstVisibleRevision(stream))
    if (first > stream.revision) return nothingAfter(stream.revision)
    const recent = this.log.tail.afterRevision(this.streamName, first - 1, countMax)
    const last = Math.min(stream.revision, first + countMax - 1)
    const page = recent ?? this.log.readStream(stream, 'forwards', first, last)
    const events = page.map(toStreamEvent)
    const reached = events.at(-1)?.place ?? last
    return { events, reached, isLive: recent !== undefined, isAtEnd: reached >= stream.revision, skippedCount: 0 }
  }
}

class AllSource implements GroupSource {
  private readonly log: EventLog
  private readonly filter: EventFilter | undefined
  /** What the last page from the storage had more than was wanted: that need not be read again. */
  private rest: StoredEvent[] = []
  private restFollows = 0

  constructor(log: EventLog, filter: EventFilter | undefined) {
    this.log = log
    this.filter = filter
  }

  listen(wake: () => void): () => void {
    return this.log.listeners.add(wake)
  }

  read(after: number, countMax: number): SourcePage {
    const recent = this.log.tail.after(after, this.filter ? filteredAtOnceMax : countMax)
    const page: readonly (StoredEvent | TailEntry)[] = recent ?? this.history(after)
    if (page.length === 0) return nothingAfter(after)
    const events: SourceEvent[] = []
    let reached = after
    let looked = 0
    for (const event of page) {
      if (events.length === countMax) break
      looked++
      reached = event.position
      const wanted = this.toWanted(event)
      if (wanted) events.push(wanted)
    }
    this.rest = recent ? [] : page.slice(looked)
    this.restFollows = reached
    const isAtEnd = reached >= this.log.lastPosition
    return { events, reached, isLive: recent !== undefined, isAtEnd, skippedCount: looked - events.length }
  }

  private history(after: number): StoredEvent[] {
    if (this.rest.length > 0 && this.restFollows === after) return this.rest
    return this.log.readAll({ direction: 'forwards', after, before: Number.MAX_SAFE_INTEGER })
  }

  private toWanted(event: StoredEvent | TailEntry): SourceEvent | undefined {
    const { position: place, record } = event
    if ('type' in event) return this.isWanted(event) ? { place, record } : undefined
    const header = readEventHeader(record)
    return this.isWanted(header) ? { place, record, header } : undefined
  }

  private isWanted(event: { readonly type: string; readonly streamName: string }): boolean {
    return !isStateOfAllGroups(event.streamName) && (!this.filter || this.filter(event))
  }
}

function toStreamEvent(event: StoredEvent | TailEntry): SourceEvent {
  const { record } = event
  if ('type' in event) return { place: event.revision, record }
  const header = readEventHeader(record)
  return { place: header.revision, record, header }
}

/** How much of the tail one read goes through for the events a filter wants. */
const filteredAtOnceMax = 256

function nothingAfter(place: number): SourcePage {
  return { events: [], reached: place, isLive: true, isAtEnd: true, skippedCount: 0 }
}
