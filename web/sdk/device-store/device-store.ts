import { PlatformError } from '#kernel/platform-error.ts'
import type { NewOutboxRecord, OutboxRecord, OutboxState } from './outbox-record.ts'

/**
 * All that one app keeps on a device for one user.
 *
 * Promises: the outbox is never emptied to make room, the cache may be; a handle that was closed, by its owner or because a
 * newer page needs another layout, rejects everything with `unavailable`; nothing is written by half.
 */
export interface DeviceStore {
  readonly outbox: OutboxStore
  readonly cache: CacheStore
  readonly facts: FactStore
  /** Whether it outlives the page; false as long as it is not open. */
  readonly isDurable: boolean
  /** When it is open; `words` say why it does not outlive the page, where it should. */
  opened(): Promise<{ readonly isDurable: boolean; readonly words: string | undefined }>
  /** Calls once when the handle was closed by somebody else, or was before, with the words for the person. */
  onClosed(listener: (words: string) => void): () => void
  close(): void
}

export interface OutboxStore {
  /**
   * Durable when it resolves, and then it has its `seq`; the same id again gives what is there.
   * Throws `DeviceFull`: then nothing was kept.
   */
  put(action: NewOutboxRecord): Promise<OutboxRecord>
  /**
   * All of them in one transaction, each only if it is in one of the states named, and is not replaced a second time: what
   * comes back says which were.
   */
  change(changes: readonly OutboxChange[], options?: ChangeOptions): Promise<readonly (OutboxRecord | undefined)[]>
  update(id: string, change: OutboxUpdate): Promise<OutboxRecord | undefined>
  get(id: string): Promise<OutboxRecord | undefined>
  getMany(ids: readonly string[]): Promise<readonly OutboxRecord[]>
  /** Those pushed after a place in the order, whatever their state, in order. */
  after(seq: number, countMax: number): Promise<readonly OutboxRecord[]>
  /** Those without an end, in the order pushed. */
  unfinished(): Promise<readonly OutboxRecord[]>
  /** Refused, and neither sent anew nor discarded, in the order pushed. */
  refused(): Promise<readonly OutboxRecord[]>
  /** Those with an end, latest pushed first; before a place in the order. */
  finished(options: { readonly before?: number; readonly countMax: number }): Promise<readonly OutboxRecord[]>
  figures(): Promise<OutboxFigures>
  /** Forgets history beyond the bound; never what has no end or needs attention, or what one without an end waits for. How many went. */
  prune(options: { readonly countMax: number; readonly endedBefore: number }): Promise<number>
}

export type OutboxUpdate = Partial<
  Pick<OutboxRecord, 'state' | 'attempts' | 'lastTryAt' | 'kind' | 'words' | 'position' | 'endedAt' | 'replacedBy'>
>
export type OutboxChange = {
  readonly id: string
  readonly onlyIn?: readonly OutboxState[]
  readonly change: OutboxUpdate
  /** It does not depend on these any more: taken out of what it depends on by then, whoever let it go of others meanwhile. */
  readonly letsGoOf?: readonly string[]
}
export type ChangeOptions = {
  /** Written to the disk before it resolves; otherwise a power cut may take it back. */
  readonly isDurable?: boolean
  /** Put in the same transaction, if the first change is made. */
  readonly replacement?: NewOutboxRecord
  /** Nothing is changed if the first is not. */
  readonly allOrNothing?: boolean
}

/** Counted by the store at the moment of asking. */
export type OutboxFigures = {
  readonly highestSeq: number
  /** Up to here all have an end. */
  readonly ackedSeq: number
  /** Without an end, stuck ones among them. */
  readonly unsentCount: number
  /** Stuck, or refused and not dealt with. */
  readonly attentionCount: number
}

/**
 * Encoded rows of observations, by blocks, so that a change rewrites what it touched.
 *
 * Promises: head and blocks of one entry always belong to one write, whatever happens in between; of several pages that
 * write the same entry, only one that knows the latest write goes on from it. What a build wrote that knew no stamps is not
 * there; it is among `heads` all the same, so that it can be removed.
 */
export interface CacheStore {
  /** Head and blocks of one moment; where an owner is named, only theirs. */
  read(key: string, owner?: string): Promise<(CacheEntryHead & { readonly blocks: readonly CacheBlock[] }) | undefined>
  readHead(key: string, owner?: string): Promise<CacheEntryHead | undefined>
  heads(): Promise<readonly (Omit<CacheEntryHead, 'stamp'> & { readonly key: string })[]>
  /** All or nothing; false, and nothing is written, where another write was the latest than the one it follows, or the rows here are another's. Throws `DeviceFull`. */
  write(write: CacheWrite): Promise<boolean>
  remove(keys: readonly string[]): Promise<void>
  /** All that is there goes, and what is there from then on is this one's: both, or neither. */
  takeOver(owner: string): Promise<void>
  /** As `remove`, to make room: what packs hold at that moment stays, whichever page took it along. Those that went. */
  evict(keys: readonly string[]): Promise<readonly string[]>
  /** What all blocks and heads take, as far as their texts go. */
  usedBytes(): Promise<number>
}
export type CacheBlock = { readonly id: string; readonly content: string }
export type CacheEntryHead = {
  /** Of structured values; what it says is the cache's business. */
  readonly head: unknown
  /** Of the write that made it. */
  readonly stamp: string
  readonly bytes: number
}
export type CacheWrite = {
  readonly key: string
  /**
   * Unique to this write, among all of all pages and of all time: an entry that was removed and written anew must not be
   * taken for what was there before, as a number that begins again would be.
   */
  readonly stamp: string
  readonly head: unknown
  readonly changed: readonly CacheBlock[]
  readonly removed: readonly string[] | 'all-others'
  /** The stamp of the write it goes on from: null for nothing there; left out for whatever there is. */
  readonly follows?: string | null | undefined
  /** Only where what is kept here is theirs; left out for whosever it is. */
  readonly owner?: string
}

/** The fact that names whose the cached rows are. */
export const ownerFact = 'cache.owner'

/** Small things by name: of structured values. */
export interface FactStore {
  get(name: string): Promise<unknown>
  set(name: string, value: unknown): Promise<void>
  /** Sets it to what `make` makes of what is stored, with no other page in between; what that is. */
  change<T>(name: string, make: (before: unknown) => T): Promise<T>
  remove(name: string): Promise<void>
}

/** The device has no room: said before anybody believes that something was saved. */
export class DeviceFull extends PlatformError {
  constructor(options: { readonly cause?: unknown } = {}) {
    super('disk-full', deviceFullWords, options)
  }
}
export const deviceFullWords =
  'This device has no room left, so this was not saved. What you entered is still here: free some space on the device, or let what waits be sent, and try again.'
