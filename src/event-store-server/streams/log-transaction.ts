/**
 * Performs the requests of one group inside one storage transaction, each on what the ones before it left.
 *
 * Promises: a request is performed whole or answered with a reason and leaves nothing. Nothing here touches shared
 * state: when the transaction fails, the caller throws this object away, and when it succeeds takes over its results.
 */
import { newUuid } from '#kernel/ids.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { deletedBefore, type Storage, type StorageWriter, type StoredStream } from '../storage/storage.ts'
import { type AppendHistory, isPresent, judgeAppend, type RecordedId } from './append-rules.ts'
import {
  encodeEventRecord,
  type ProposedEvent,
  readEventData,
  readEventHeader,
  toEventKey,
  tombstoneRevision,
} from './event-record.ts'
import { type ExpectedRevision, isAsExpected } from './expected-revision.ts'
import type { LogOutcome, LogRequest } from './log-request.ts'
import {
  fromMetadataStream,
  isMetadataStream,
  metadataEventType,
  parseVisibility,
  toMetadataStream,
  withTruncateBefore,
} from './stream-metadata.ts'
import type { TailEntry } from './tail-ring.ts'

export type LogTransactionOptions = {
  readonly storage: Storage
  readonly writer: StorageWriter
  /** The committed state of a stream. */
  readonly findStream: (name: string) => StoredStream | undefined
  readonly nextPosition: number
  readonly createdAt: number
}

type AppendRequest = LogRequest & { readonly kind: 'append' }

const noBytes = Buffer.alloc(0)

export class LogTransaction {
  private readonly storage: Storage
  private readonly writer: StorageWriter
  private readonly findCommitted: (name: string) => StoredStream | undefined
  private readonly createdAt: number
  private nextStreamId: number
  nextPosition: number
  readonly changedStreams = new Map<string, StoredStream>()
  private readonly streamsToSave = new Set<string>()
  readonly entries: TailEntry[] = []

  constructor({ storage, writer, findStream, nextPosition, createdAt }: LogTransactionOptions) {
    this.storage = storage
    this.writer = writer
    this.findCommitted = findStream
    this.nextPosition = nextPosition
    this.createdAt = createdAt
    this.nextStreamId = storage.nextStreamId
  }

  perform(request: LogRequest): LogOutcome {
    const stream = this.getStream(request.streamName)
    if (stream.isTombstoned || this.isMetadataOfTombstoned(stream)) return { kind: 'tombstoned' }
    switch (request.kind) {
      case 'append':
        return this.append(beginningAt(stream, request.firstRevision), request)
      case 'delete':
        return this.ifExpected(stream, request.expected, () => this.delete(stream))
      case 'tombstone':
        return this.ifExpected(stream, request.expected, () => this.tombstone(stream))
    }
  }

  /** Stores new streams and those whose visibility changed; a revision alone is known from the events. */
  saveStreams(): void {
    for (const name of this.streamsToSave) this.writer.saveStream(this.getStream(name))
  }

  private append(stream: StoredStream, { expected, events, isImported = false }: AppendRequest): LogOutcome {
    const ids = events.map((event) => event.id)
    const belief = expected === 'stream-exists' && this.hasOnlyMetadata(stream) ? 'any' : expected
    const judgement = this.tryRead(() => judgeAppend(stream, belief, ids, this.historyOf(stream)))
    if (judgement.kind === 'failed') return judgement
    const verdict = judgement.value
    switch (verdict.kind) {
      case 'conflict':
        // Who only knows that the stream was there is told what became of it.
        return expected === 'stream-exists' && isDeleted(stream) ? { kind: 'tombstoned' } : conflictWith(stream)
      case 'repeated':
        return { kind: 'written', revision: verdict.last.revision, position: verdict.last.position }
      case 'write':
        return isDeleted(stream) && this.hasTombstonedMetadata(stream)
          ? { kind: 'tombstoned' }
          : this.write(stream, events, isImported)
    }
  }

  /** Such a stream exists already for who asks whether it does, though it has no event to read. */
  private hasOnlyMetadata(stream: StoredStream): boolean {
    return stream.revision < 0 && !isDeleted(stream) && this.getStream(toMetadataStream(stream.name)).revision >= 0
  }

  private write(stream: StoredStream, events: readonly ProposedEvent[], isImported = false): LogOutcome {
    if (events.length === 0) return { kind: 'written', revision: stream.revision, position: undefined }
    const current = stream.truncateBefore === deletedBefore ? this.takeUpAgain(stream) : stream
    let revision = current.revision
    for (const event of events) this.insert(current, ++revision, event)
    if (stream.id >= this.storage.nextStreamId) this.streamsToSave.add(stream.name)
    this.changedStreams.set(stream.name, { ...current, revision })
    const position = this.entries.at(-1)?.position
    const last = events.at(-1)
    if (isMetadataStream(stream.name) && last)
      this.applyMetadata(fromMetadataStream(stream.name), last.data, isImported)
    return { kind: 'written', revision, position }
  }

  /** A deleted stream that is written again goes on counting and shows only what comes from here on. */
  private takeUpAgain(stream: StoredStream): StoredStream {
    this.setTruncateBefore(stream, stream.revision + 1)
    return this.getStream(stream.name)
  }

  private delete(stream: StoredStream): LogOutcome {
    if (this.hasTombstonedMetadata(stream)) return { kind: 'tombstoned' }
    this.setTruncateBefore(stream, deletedBefore)
    return { kind: 'written', revision: stream.revision, position: this.entries.at(-1)?.position }
  }

  private tombstone(stream: StoredStream): LogOutcome {
    this.insert(stream, tombstoneRevision, {
      id: newUuid(),
      type: '$streamDeleted',
      contentType: 'application/octet-stream',
      data: noBytes,
      metadata: noBytes,
    })
    this.change({ ...stream, isTombstoned: true })
    return { kind: 'written', revision: stream.revision, position: this.entries.at(-1)?.position }
  }

  private setTruncateBefore(stream: StoredStream, truncateBefore: number): void {
    const metadataStream = this.getStream(toMetadataStream(stream.name))
    this.write(metadataStream, [
      {
        id: newUuid(),
        type: metadataEventType,
        contentType: 'application/json',
        data: withTruncateBefore(this.lastDataOf(metadataStream), truncateBefore),
        metadata: noBytes,
      },
    ])
  }

  /** New metadata undo a deletion; what was deleted stays hidden, by a truncation that is added to them. */
  private applyMetadata(streamName: string, data: Buffer, isImported: boolean): void {
    const before = this.getStream(streamName)
    const after = { ...before, ...parseVisibility(data) }
    this.change(after)
    const isTakenUpAgain = isDeleted(before) && after.truncateBefore !== before.revision + 1
    if (isTakenUpAgain && !isDeleted(after) && !isImported) this.setTruncateBefore(after, before.revision + 1)
  }

  /** Of more than a revision. */
  private change(stream: StoredStream): void {
    this.changedStreams.set(stream.name, stream)
    this.streamsToSave.add(stream.name)
  }

  private insert(stream: StoredStream, revision: number, event: ProposedEvent): void {
    const position = this.nextPosition
    const record = encodeEventRecord(event, { streamName: stream.name, revision, position, createdAt: this.createdAt })
    this.writer.insertEvent({ position, streamId: stream.id, revision, eventKey: toEventKey(event.id), record })
    this.entries.push({ position, record, streamName: stream.name, revision, type: event.type })
    this.nextPosition = positionAfter(position, record)
  }

  /** The stream as the group has left it so far; a new one is given an id, but exists only once it is written. */
  private getStream(name: string): StoredStream {
    return this.changedStreams.get(name) ?? this.findCommitted(name) ?? this.newStream(name)
  }

  private newStream(name: string): StoredStream {
    const id = this.nextStreamId++
    return {
      id,
      name,
      revision: -1,
      truncateBefore: 0,
      maxCount: undefined,
      maxAgeSeconds: undefined,
      isTombstoned: false,
    }
  }

  /** Then nothing can be written any more about what of the stream is hidden: it cannot be deleted, or taken up again. */
  private hasTombstonedMetadata(stream: StoredStream): boolean {
    return this.getStream(toMetadataStream(stream.name)).isTombstoned
  }

  private isMetadataOfTombstoned(stream: StoredStream): boolean {
    if (!isMetadataStream(stream.name)) return false
    const described = fromMetadataStream(stream.name)
    return (this.changedStreams.get(described) ?? this.findCommitted(described))?.isTombstoned === true
  }

  private ifExpected(stream: StoredStream, expected: ExpectedRevision, work: () => LogOutcome): LogOutcome {
    const holds = isAsExpected(expected, { revision: stream.revision, exists: isPresent(stream) })
    return holds ? work() : conflictWith(stream)
  }

  private historyOf(stream: StoredStream): AppendHistory {
    return {
      eventsFrom: (first, count) => this.recordedIds(stream, first, count),
      placesOf: (id) =>
        this.storage
          .findByEventKey(stream.id, toEventKey(id))
          .map(toRecordedId)
          .filter((place) => place.id === id && place.revision !== tombstoneRevision),
    }
  }

  /** In pages, so that only ids are held at once, however large the events are. */
  private recordedIds(stream: StoredStream, first: number, count: number): RecordedId[] {
    const ids: RecordedId[] = []
    while (ids.length < count) {
      const page = this.storage.readStream({
        direction: 'forwards',
        streamId: stream.id,
        first: first + ids.length,
        last: stream.revision,
        eventCountMax: count - ids.length,
        sizeBytesMax: 1_048_576,
      })
      if (page.length === 0) break
      for (const event of page) ids.push(toRecordedId(event))
    }
    return ids
  }

  private lastDataOf(stream: StoredStream): Buffer | undefined {
    if (stream.revision < 0) return undefined
    const [last] = this.storage.readStream({
      direction: 'backwards',
      streamId: stream.id,
      first: stream.revision,
      last: stream.revision,
      eventCountMax: 1,
      sizeBytesMax: 1,
    })
    return last && readEventData(last.record, readEventHeader(last.record))
  }

  /** A damaged record met while looking for a retry fails that request alone: nothing of it was written yet. */
  private tryRead<T>(work: () => T): { kind: 'read'; value: T } | { kind: 'failed'; error: PlatformError } {
    try {
      return { kind: 'read', value: work() }
    } catch (error) {
      return { kind: 'failed', error: toPlatformError(error) }
    }
  }
}

function beginningAt(stream: StoredStream, firstRevision: number | undefined): StoredStream {
  return firstRevision === undefined || stream.revision >= 0 ? stream : { ...stream, revision: firstRevision - 1 }
}

const logStart = 64

/** Positions count bytes, so nobody comes to rely on their being dense. */
export function positionAfter(position: number, record: Buffer): number {
  return position + record.length + 16
}

export function firstPosition(): number {
  return logStart
}

export function toPlatformError(error: unknown): PlatformError {
  if (isPlatformError(error)) return error
  return new PlatformError('unavailable', `The append failed: ${describeError(error)}. Try again.`, { cause: error })
}

function isDeleted(stream: StoredStream): boolean {
  return stream.truncateBefore === deletedBefore
}

function conflictWith(stream: StoredStream): LogOutcome {
  return { kind: 'conflict', actualRevision: isPresent(stream) ? stream.revision : -1 }
}

function toRecordedId({ position, record }: { position: number; record: Buffer }): RecordedId {
  const { id, revision } = readEventHeader(record)
  return { id, revision, position }
}
