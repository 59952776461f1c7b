/**
 * Where a group parks what could not be handled: links to the events, in a stream anybody can read, with the reason.
 *
 * Promises: `park` resolves when the link is on the disk; `read` gives back the events the links name, in order, with
 * those that are gone from their streams stepped over; a link disappears only by `truncate`.
 */
import { newUuid } from '#kernel/ids.ts'
import type { StoredEvent } from '../storage/storage.ts'
import type { EventLog } from '../streams/event-log.ts'
import { findLinkText, linkType, readEventData, readEventHeader } from '../streams/event-record.ts'
import { parseLinkText } from '../streams/link-resolution.ts'
import { toMetadataStream, withTruncateBefore } from '../streams/stream-metadata.ts'
import type { GroupKey } from './group-settings.ts'
import { metadataEvent, parkedStreamOf } from './group-streams.ts'
import { appendOwn, deleteOwn } from './system-append.ts'

export type ParkedEvent = {
  /** In the parked stream. */
  readonly revision: number
  /** Undefined when it is gone from its stream. */
  readonly record: Buffer | undefined
}

export type Parking = {
  readonly streamName: string
  readonly revision: number
  readonly reason: string
  readonly retryCount: number
}

/** A consumer may give one reason for thousands of messages; each link holds it. */
const reasonLengthMax = 1_000
/** One event is read whatever its size. */
const readBytesMax = 4 * 1_048_576

export class ParkedStream {
  readonly name: string
  private readonly log: EventLog

  constructor(log: EventLog, key: GroupKey) {
    this.log = log
    this.name = parkedStreamOf(key)
  }

  /** Of the last link; -1 when nothing was ever parked. */
  get lastRevision(): number {
    return this.log.findStream(this.name)?.revision ?? -1
  }

  /** The first link that is still there; one above the last when none is. */
  get firstRevision(): number {
    const stream = this.log.findStream(this.name)
    return stream ? Math.min(this.log.firstVisibleRevision(stream), stream.revision + 1) : 0
  }

  async park({ streamName, revision, reason, retryCount }: Parking): Promise<void> {
    const added = new Date(this.log.clock.now()).toISOString()
    const metadata = { added, reason: reason.slice(0, reasonLengthMax), subscriptionEventNumber: revision, retryCount }
    await appendOwn(this.log, this.name, [
      {
        id: newUuid(),
        type: linkType,
        contentType: 'application/octet-stream',
        data: Buffer.from(`${revision}@${streamName}`),
        metadata: Buffer.from(JSON.stringify(metadata)),
      },
    ])
  }

  /** From `first` on, at most to `last` and at most a page: of links, or of what they lead to. */
  read(first: number, last: number): ParkedEvent[] {
    const events: ParkedEvent[] = []
    let bytes = 0
    for (const link of this.page(first, last)) {
      if (bytes >= readBytesMax) break
      const record = this.resolve(link.record)
      bytes += record?.length ?? 0
      events.push({ revision: readEventHeader(link.record).revision, record })
    }
    return events
  }

  get oldestParkedAt(): number | undefined {
    const [oldest] = this.page(this.firstRevision, this.firstRevision)
    return oldest && readEventHeader(oldest.record).createdAt
  }

  /** Everything below `revision` is done with. Other metadata somebody has set stays. */
  async truncate(revision: number): Promise<void> {
    const metadataStream = toMetadataStream(this.name)
    const stream = this.log.findStream(metadataStream)
    const last = stream && this.log.findEvent(metadataStream, stream.revision)
    const data = last && readEventData(last.record, readEventHeader(last.record))
    await appendOwn(this.log, metadataStream, [metadataEvent(withTruncateBefore(data, revision))])
  }

  async forget(): Promise<void> {
    await deleteOwn(this.log, this.name)
  }

  private page(first: number, last: number): StoredEvent[] {
    const stream = this.log.findStream(this.name)
    const until = Math.min(last, stream?.revision ?? -1)
    return stream && first <= until ? this.log.readStream(stream, 'forwards', first, until) : []
  }

  private resolve(link: Buffer): Buffer | undefined {
    const text = findLinkText(link)
    const target = text === undefined ? undefined : parseLinkText(text)
    return target && this.log.findEvent(target.streamName, target.revision)?.record
  }
}
