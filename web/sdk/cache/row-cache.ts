import type { Clock } from '#kernel/clock.ts'
import { canonicalJson } from '#kernel/json.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import { type Selector, selectorKey } from '#vortex/protocol/row.ts'
import type { Fields } from '#vortex/protocol/tuple.ts'
import type { CacheStore, FactStore } from '../device-store/device-store.ts'
import { packedKeys } from '../packs/pack-records.ts'
import { chooseForRoom, chooseOverBudget, defaultBudgetBytes, type KeptItem, listItems } from './cache-budget.ts'
import { describeFields } from './cache-head.ts'
import { createCacheSaver } from './cache-saver.ts'
import { createKeptEntry } from './kept-entry.ts'
import { createKeptObservation, type KeptObservation, type KeptObserver } from './kept-observation.ts'
import { createOwnedCache } from './owned-cache.ts'

/**
 * The observations of this page that are kept on the device.
 *
 * Promises: each selector is observed and kept once, however many want it; plugins keep to their budgets, and give up what was
 * looked at longest ago, never what is open in any page or belongs to a pack; of another person, or of one who may see
 * other things now, nothing stays.
 * A device without room, or that keeps nothing, costs nobody more than the rows being asked for again.
 */
export interface RowCache {
  /** As a connection's `observe`, with what the device has first. `forRows` unless only that it is kept up matters. */
  observe(watched: WatchedRows, observer: KeptObserver, forRows: boolean): () => void
  /** Until it is told, nothing goes for a budget. */
  setBudgets(budgetBytes: { readonly [plugin: string]: number }): void
  budgetBytes(plugin: string): number
  items(): Promise<readonly KeptItem[]>
  remove(keys: readonly string[]): Promise<void>
  /** Writes it without waiting for the second to be over; whether it is on the device. */
  saveNow(key: string): Promise<boolean>
  troubles(): CacheTroubles
  /** Figures may have changed. */
  onChange(listener: () => void): () => void
  /** Writes what waits to be written: the page may be gone in a moment. */
  saveAll(): void
  close(): void
}

export type WatchedRows = { readonly name: string; readonly selector: Selector; readonly fields: Fields }

export type CacheTroubles = {
  /** Rows that were not what the server had although they should have been: fetched again. */
  readonly driftCount: number
  /** Entries that could not be read as they were written: fetched again. */
  readonly droppedCount: number
  /** The last time something was to be kept, the device had no room for it, and nobody has made any here since. */
  readonly isFull: boolean
}

export type RowCacheOptions = {
  readonly client: VortexClient
  readonly clock: Clock
  readonly store: CacheStore
  readonly facts: FactStore
  /** Names this page among all that ever write the same store. */
  readonly page: string
}

type Choose = (items: readonly KeptItem[], isHeld: (key: string) => boolean) => readonly string[]

const firstLookMs = 10_000
const lookAgainMs = 60_000

export function createRowCache({ client, clock, facts, page, ...options }: RowCacheOptions): RowCache {
  const open = new Map<string, KeptObservation>()
  const owned = createOwnedCache({
    store: options.store,
    facts,
    onOther: () => {
      for (const one of open.values()) one.startAgain()
    },
    onTaken: tell,
  })
  const { store } = owned
  const saver = createCacheSaver(clock)
  const listeners = new Set<() => void>()
  let budgets: { readonly [plugin: string]: number } | undefined
  let troubles: CacheTroubles = { driftCount: 0, droppedCount: 0, isFull: false }
  let stampCount = 0
  let cancelLook = clock.after(firstLookMs, look)
  const stopListening = client.onState(meetOwner)
  meetOwner()

  return {
    observe,
    setBudgets: (next) => {
      budgets = next
    },
    budgetBytes,
    items,
    remove,
    saveNow: async (key) => {
      const one = open.get(key)
      if (one) await saver.saveNow(one)
      const isThere = (await store.readHead(key)) !== undefined
      tell()
      return isThere
    },
    troubles: () => troubles,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    saveAll: saver.saveAll,
    close: () => {
      saver.saveAll()
      saver.close()
      cancelLook()
      stopListening()
      for (const one of open.values()) one.close()
      open.clear()
    },
  }

  function observe({ name, selector, fields }: WatchedRows, observer: KeptObserver, forRows: boolean): () => void {
    const key = selectorKey(name, selector)
    const known = open.get(key) ?? begin(key, name, selector, describeFields(fields))
    return known.attach(observer, forRows)
  }

  function begin(key: string, name: string, selector: Selector, fields: string): KeptObservation {
    const entry = createKeptEntry({
      key,
      fields,
      store,
      writer: page,
      makeStamp: () => `${page}/${++stampCount}`,
      clock,
      isForOwner: owned.isOurs,
      makeRoom: () => makeRoom(key),
      onFull: () => note({ isFull: true }),
      onWritten: () => troubles.isFull && note({ isFull: false }),
      onDropped: () => note({ droppedCount: troubles.droppedCount + 1 }),
    })
    const one: KeptObservation = createKeptObservation({
      ...{ key, name, selector, fields, client, clock, entry },
      onChange: (isSoon) => saver.note(one, isSoon),
      onDrift: () => note({ driftCount: troubles.driftCount + 1 }),
      onLeft: () => void end(one),
    })
    open.set(key, one)
    return one
  }

  async function end(one: KeptObservation): Promise<void> {
    await saver.saveNow(one)
    if (one.isAttached() || open.get(one.key) !== one) return
    open.delete(one.key)
    one.close()
  }

  function items(): Promise<readonly KeptItem[]> {
    return listItems(store, page, clock.now())
  }

  function budgetBytes(plugin: string): number {
    return budgets?.[plugin] ?? defaultBudgetBytes
  }

  /** Where nobody writes much, now and then is enough. */
  function look(): void {
    cancelLook = clock.after(lookAgainMs, look)
    owned.tryAgain()
    // A page that starts slowly does not know yet what a plugin may have: more, it may be, than what is usual.
    if (budgets === undefined) return
    void evict((all, isHeld) => chooseOverBudget(all, budgetBytes, isHeld)).catch(() => undefined)
  }

  async function makeRoom(besides: string): Promise<boolean> {
    const owner = owned.owner()
    const choose: Choose = (all, isHeld) => chooseForRoom(all, 0.5, (key) => key === besides || isHeld(key))
    // Where nobody can tell what belongs to a pack, nothing goes.
    const isMade = await evict(choose).catch(() => false)
    // What room was wanted for is not for somebody who came meanwhile.
    return isMade && owner === owned.owner()
  }

  async function evict(choose: Choose): Promise<boolean> {
    const [all, packed] = await Promise.all([items(), packedKeys(facts)])
    const keys = choose(all, (key) => open.has(key) || packed.has(key))
    if (keys.length === 0) return false
    const gone = await store.evict(keys)
    forgetEntries(gone)
    return gone.length > 0
  }

  async function remove(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return
    await store.remove(keys)
    troubles = { ...troubles, isFull: false }
    forgetEntries(keys)
  }

  function forgetEntries(keys: readonly string[]): void {
    for (const key of keys) open.get(key)?.forgetEntry()
    tell()
  }

  function meetOwner(): void {
    const state = client.state()
    if (state.state !== 'online') return
    const { user, roles } = state.welcome.principal
    owned.meet(canonicalJson([user, [...roles].sort()]))
  }

  function note(change: Partial<CacheTroubles>): void {
    troubles = { ...troubles, ...change }
    tell()
  }

  function tell(): void {
    for (const listener of [...listeners]) listener()
  }
}
