/**
 * What the server asks of the disk. Everything is synchronous: one thread owns the file, and an answer that needs no
 * waiting cannot be overtaken.
 *
 * Promises: what `commit` returned from is on the disk (unless durability is `normal`) and survives a crash; a `commit`
 * that throws changed nothing that is read from here on, but after one that failed with `unavailable` only the next start
 * can tell what the disk has of it. Reads return whole events in order, stop at the page's limits, and throw
 * `store-damaged` rather than return bytes that do not match their checksum.
 * Asks: positions only grow; `StorageWriter` is used only inside the `commit` that handed it out.
 */
import type { StorageUpkeep } from './storage-upkeep.ts'

export interface Storage {
  /** Of the last event; 0 when there is none. */
  readonly lastPosition: number
  /** The last event itself, for what must continue from it. */
  readLast(): StoredEvent | undefined
  findStream(name: string): StoredStream | undefined
  /** The next unused stream id; ids are given out by the caller and never twice. */
  readonly nextStreamId: number

  commit(work: (writer: StorageWriter) => void): void

  readAll(range: AllRange): StoredEvent[]
  readStream(range: StreamRange): StoredEvent[]
  /**
   * Events of the stream whose id has this key, the newest `sameKeyMax` of them, oldest first; keys of different ids may
   * collide. The limit is for clients who give all their events one id.
   */
  findByEventKey(streamId: number, eventKey: number): StoredEvent[]

  /**
   * Puts in order one piece of what commits left for later: the indexes, or else the log. Call it when nobody waits, or
   * when the need is `overdue`, and again in another turn while there is need.
   */
  checkpoint(): void
  readonly checkpointNeed: CheckpointNeed
  /** Brings the indexes up to the last event. Reads need none of it; who walks the tables for upkeep does. */
  indexEvents(): void
  readonly upkeep: StorageUpkeep
  close(): void
}

export interface StorageWriter {
  insertEvent(event: NewStoredEvent): void
  /** Needed when a stream is new or more of it than its revision has changed; the revision is known from its events. */
  saveStream(stream: StoredStream): void
}

/** `worthwhile`: in an idle moment. `overdue`: soon, or the commits after it pay. */
export type CheckpointNeed = 'none' | 'worthwhile' | 'overdue'

export type StoredEvent = { readonly position: number; readonly record: Buffer }

export type NewStoredEvent = StoredEvent & {
  readonly streamId: number
  readonly revision: number
  readonly eventKey: number
}

/** One stream as the log's rules see it. */
export type StoredStream = {
  readonly id: number
  readonly name: string
  /** Of its last event; -1 when it has none. */
  readonly revision: number
  /** Events below it are not shown; `deletedBefore` when the stream is deleted. */
  readonly truncateBefore: number
  readonly maxCount: number | undefined
  readonly maxAgeSeconds: number | undefined
  readonly isTombstoned: boolean
}

export type PageLimits = {
  readonly eventCountMax: number
  readonly sizeBytesMax: number
  /** A page that had to wait for the disk ends early, so that others get their turn; it has one event all the same. */
  readonly timeMsMax?: number
}

/** Bounds are exclusive: everything strictly between `after` and `before`. */
export type AllRange = PageLimits & {
  readonly direction: Direction
  readonly after: number
  readonly before: number
}

/** Bounds are inclusive. */
export type StreamRange = PageLimits & {
  readonly streamId: number
  readonly direction: Direction
  readonly first: number
  readonly last: number
}

export type Direction = 'forwards' | 'backwards'

/** Above every revision; a tombstone has it as its own. */
export const endOfRevisions = Number.MAX_SAFE_INTEGER

export const sameKeyMax = 32

/** The `truncateBefore` of a deleted stream. */
export const deletedBefore = endOfRevisions
