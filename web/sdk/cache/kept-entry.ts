import type { Clock } from '#kernel/clock.ts'
import { type CacheEntryHead, type CacheStore, type CacheWrite, DeviceFull } from '../device-store/device-store.ts'
import { type CacheHead, isHeldByOther, parseHead } from './cache-head.ts'
import { type KeptRows, readKeptRows } from './kept-rows.ts'

/**
 * One selector's entry in the device's store, read and written by this page.
 *
 * Promises: an entry is of one moment always, and one page writes it at a time: whoever finds that another has written leaves
 * it to that one, and takes over when it was not heard of for a while. What cannot be read as it was written is taken out.
 * What somebody else took out is kept again, as soon as this page writes and so finds out, but not again and again.
 * Trouble with the store is nobody's trouble but this entry's: rows go on without it.
 */
export interface KeptEntry {
  /** Nothing, too, where this page has changed the entry while the store was asked. */
  read(): Promise<{ readonly head: CacheHead; readonly kept: KeptRows } | undefined>
  /** Without its rows. */
  readHead(): Promise<CacheHead | undefined>
  /**
   * Writes what changed; `kept` left out: nothing but the head, which is asked for in the moment in which the rows are taken.
   */
  write(toHead: () => HeadFacts, kept: KeptRows | undefined): Promise<Written>
  /** The head of the last write of this page, or of what it read: what lies in the store unless another page wrote since. */
  lastHead(): CacheHead | undefined
  drop(): Promise<void>
  /** This page took it out: the next write is of all there is. */
  forget(): void
}

/**
 * `left`: not tried, another page holds it or this one has to wait. `failed`: of what was given nothing is there, so the next
 * is to be all there is. `rows-wanted`: it is this page's to keep, and what lies there, if anything, is not what a head alone
 * could be written for.
 */
export type Written = 'written' | 'left' | 'failed' | 'rows-wanted'

export type HeadFacts = Omit<CacheHead, 'blocks' | 'savedAt' | 'writer'>

export type KeptEntryOptions = {
  readonly key: string
  /** What the tuple's definition looks like here: rows of another one are dropped. */
  readonly fields: string
  readonly store: CacheStore
  /** Names this page. */
  readonly writer: string
  /** Another text each time, here and in every page there was. */
  readonly makeStamp: () => string
  readonly clock: Clock
  /** What this page has is for the person the device keeps rows of now. */
  isForOwner(): Promise<boolean>
  /** Takes out what was not looked at for longest; false when there is nothing left to give. */
  makeRoom(): Promise<boolean>
  onFull(): void
  onWritten(): void
  onDropped(): void
}

/** After trouble with the store. */
const restMs = 30_000
/** Another page holds it: so long it is not asked about again. */
const standDownMs = 90_000
/**
 * Once in so long an entry that was taken out is kept again. Where it went for a plugin's budget once would do: nobody takes
 * what a living page holds. But an outbox on a full device takes whatever there is, and rows that came back at once would
 * take the room again that an action needs.
 */
const keptAgainMs = 600_000

export function createKeptEntry(options: KeptEntryOptions): KeptEntry {
  const { key, store, clock, writer } = options
  /** The write that our next one follows: null for nothing there, undefined when another page may have written. */
  let latest: string | null | undefined
  let last: CacheHead | undefined
  /** As far as this page knows, it is on the device. */
  let isThere = false
  /** How often this page has changed it: what was asked of the store before that is not how it stands. */
  let changeCount = 0
  let isOthersUntil = Number.NEGATIVE_INFINITY
  let isGoneUntil = Number.NEGATIVE_INFINITY
  let restUntil = Number.NEGATIVE_INFINITY

  return { read, readHead, write, lastHead: () => last, drop, forget }

  async function read(): ReturnType<KeptEntry['read']> {
    const before = changeCount
    const found = await store.read(key)
    if (changeCount !== before) return undefined
    const head = accept(found)
    const kept = head && found && readKeptRows(head, found.blocks)
    if (head && kept) return { head, kept }
    if (found) await dropUnreadable()
    return undefined
  }

  async function readHead(): ReturnType<KeptEntry['readHead']> {
    const before = changeCount
    const found = await store.readHead(key)
    if (changeCount !== before) return undefined
    const head = accept(found)
    if (found && !head) await dropUnreadable()
    return head
  }

  function accept(found: CacheEntryHead | undefined): CacheHead | undefined {
    latest = found?.stamp ?? null
    isThere = found !== undefined
    const head = parseHead(found?.head)
    last = head?.fields === options.fields ? head : undefined
    return last
  }

  async function dropUnreadable(): Promise<void> {
    options.onDropped()
    await drop()
  }

  async function write(toHead: () => HeadFacts, kept: KeptRows | undefined): Promise<Written> {
    if (isAhead(restUntil, restMs)) return 'left'
    if (latest === undefined) {
      const before = changeCount
      const found = await look()
      // What was refused meanwhile is not to be kept after all; what was written meanwhile is these rows.
      if (found === undefined || changeCount !== before) return 'left'
      // Without the rows only what is known to lie there can get another head: those of another page would be torn from theirs.
      if (kept === undefined) return 'rows-wanted'
      latest = found.latest
    }
    kept?.encode(() => true)
    const blocks = kept?.toWrite()
    if (blocks === undefined && last === undefined) return 'rows-wanted'
    const savedAt = clock.now()
    const head: CacheHead = { ...toHead(), blocks: [...(blocks?.blocks ?? last?.blocks ?? [])], savedAt, writer }
    last = head
    changeCount++
    const [stamp, follows] = [options.makeStamp(), latest]
    // What comes next may be asked for before this is done, when the page goes away: it is done in the order asked.
    if (latest !== undefined) latest = stamp
    const { changed, removed } = blocks ?? { changed: [], removed: [] }
    return (await tryTwice({ key, stamp, head, changed, removed, follows })) ? 'written' : 'failed'
  }

  /** Whether it was written. */
  async function tryTwice(write: CacheWrite): Promise<boolean> {
    try {
      if (await writeWithRoom(write)) {
        isThere = true
        options.onWritten()
        return true
      }
    } catch (error) {
      // No room, or no store any more: it is tried again with the next change.
      if (error instanceof DeviceFull) options.onFull()
      restUntil = clock.now() + restMs
    }
    latest = undefined
    return false
  }

  async function writeWithRoom(write: CacheWrite): Promise<boolean> {
    try {
      return await store.write(write)
    } catch (error) {
      if (!(error instanceof DeviceFull) || !(await options.makeRoom())) throw error
      return store.write(write)
    }
  }

  /** What lies there, when this page may write on it: another one that did, lately, goes on doing so. */
  async function look(): Promise<{ readonly latest: string | null } | undefined> {
    if (isAhead(isOthersUntil, standDownMs)) return undefined
    const now = clock.now()
    const found = await store.readHead(key)
    const head = parseHead(found?.head)
    if (head && isHeldByOther(head, writer, now)) {
      isOthersUntil = now + standDownMs
      return undefined
    }
    if (!(await options.isForOwner())) return undefined
    if (found === undefined && isThere) {
      if (isAhead(isGoneUntil, keptAgainMs)) return undefined
      isGoneUntil = now + keptAgainMs
      isThere = false
    }
    return { latest: found?.stamp ?? null }
  }

  /** A clock that was set back does not make it longer than it was to be. */
  function isAhead(until: number, lengthMs: number): boolean {
    const leftMs = until - clock.now()
    return leftMs > 0 && leftMs <= lengthMs
  }

  async function drop(): Promise<void> {
    changeCount++
    last = undefined
    latest = null
    isThere = false
    await store.remove([key])
  }

  function forget(): void {
    changeCount++
    last = undefined
    latest = undefined
    isThere = false
  }
}
