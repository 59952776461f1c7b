/**
 * What the server asks of the disk. Everything is synchronous: one thread owns the file, and an answer that needs no
 * waiting cannot be overtaken.
 *
 * Promises: what `commit` returned from is on the disk (unless durability is `normal`) and survives a crash; a `commit`
 * that throws changed nothing. Reads return whole events in order, stop at the page's limits, and throw
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
  /** Events of the stream whose id has this key; keys of different ids may collide. */
  findByEventKey(streamId: number, eventKey: number): StoredEvent[]

  /** Moves committed pages from the write-ahead log into the database; call it when nobody waits. */
  checkpoint(): void
  readonly uncheckpointedBytes: number
  readonly upkeep: StorageUpkeep
  close(): void
}

export interface StorageWriter {
  insertEvent(event: NewStoredEvent): void
  saveStream(stream: StoredStream): void
}

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

export type PageLimits = { readonly eventCountMax: number; readonly sizeBytesMax: number }

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

/** The `truncateBefore` of a deleted stream: above every revision. */
export const deletedBefore = Number.MAX_SAFE_INTEGER
