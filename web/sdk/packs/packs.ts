import { type Accessor, createRoot, createSignal } from 'solid-js'
import type { Clock } from '#kernel/clock.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import { selectorKey } from '#vortex/protocol/row.ts'
import type { RowCache } from '../cache/row-cache.ts'
import type { FactStore } from '../device-store/device-store.ts'
import type { NoticeChannel } from '../tabs/notice-channel.ts'
import type { Pack, PackedRows } from './define-pack.ts'
import { createPackFetcher } from './pack-fetcher.ts'
import {
  begun,
  changePackRecords,
  ended,
  heldKeys,
  loadPackRecords,
  type PackRecord,
  type PackRecords,
} from './pack-records.ts'

/** How one pack stands on this device. */
export type PackFacts = {
  readonly name: string
  readonly title: string
  readonly words: string
  readonly plugin: string
  /** When all of it was on the device last. */
  readonly fetchedAt?: number | undefined
  /** From 0 to 1 while it is being fetched. */
  readonly progress?: number | undefined
  /** How many of its selectors are not on the device. */
  readonly missingCount: number
  readonly bytes: number
  readonly trouble?: string | undefined
}

/**
 * The packs that plugins declare, and those this device has.
 *
 * Promises: a fetch that was cut off goes on where it was, in a later life of the page too; what was fetched is kept up to
 * date while there is a connection, and is on the device until it is removed, or until a later fetch that needs it no more
 * has brought all that the server gives; what two packs need stays for the other. All pages on one device have the same
 * packs, whichever changes them.
 */
export interface Packs {
  list: Accessor<readonly PackFacts[]>
  /** Those of a plugin, instead of the ones it declared before. */
  declare(plugin: string, packs: readonly Pack[]): void
  /** Resolves when all of it is on the device; rejects with what hindered it: of what was refused for good, after the rest came. */
  fetch(name: string): Promise<void>
  remove(name: string): Promise<void>
  /** Looks at the device again. */
  refresh(): void
  close(): void
}

export type PacksOptions = {
  readonly client: VortexClient
  readonly clock: Clock
  readonly cache: RowCache
  readonly facts: FactStore
  /** Runs `work` when no other page does; the function it gives ends it. */
  readonly alone: (work: () => () => void) => () => void
  /** To the other pages on the same device: something about packs has changed. */
  readonly openNotices: (hear: () => void) => NoticeChannel
}

type Under = { readonly progress?: number; readonly trouble?: string }

export function createPacks({ client, clock, cache, facts, alone, openNotices }: PacksOptions): Packs {
  const [list, setList] = createRoot(() => createSignal<readonly PackFacts[]>([]))
  const declared = new Map<string, readonly Pack[]>()
  const under = new Map<string, Under>()
  const fetcher = createPackFetcher({ client, clock, cache })
  let records: PackRecords = {}
  let lookCount = 0
  let isClosed = false
  let wake: () => void = () => undefined
  let onNews: () => void = () => undefined
  const notices = openNotices(() => void load().then(() => onNews()))
  const loaded = load()
  const stopAlone = alone(keepUp)
  const stopListening = cache.onChange(refresh)

  return {
    list,
    declare: (plugin, packs) => {
      declared.set(plugin, packs)
      refresh()
      wake()
    },
    fetch,
    remove,
    refresh,
    close: () => {
      isClosed = true
      stopAlone()
      stopListening()
      fetcher.close()
      notices.close()
    },
  }

  function load(): Promise<void> {
    return loadPackRecords(facts).then(take, () => undefined)
  }

  async function change(make: (stored: PackRecords) => PackRecords): Promise<void> {
    take(await changePackRecords(facts, make))
    if (!isClosed) notices.post()
  }

  function take(stored: PackRecords): void {
    if (isClosed) return
    records = stored
    fetcher.watchOnly(heldKeys(stored))
    refresh()
  }

  async function fetch(name: string): Promise<void> {
    await loaded
    const pack = [...declared.values()].flat().find((one) => one.name === name)
    if (pack === undefined || under.get(name)?.progress !== undefined) return
    note(name, { progress: 0 })
    try {
      const wanted = await fetcher.choose(pack)
      const keys = wanted.map(keyOf)
      await change((stored) => ({ ...stored, [name]: begun(stored[name], keys) }))
      const refusal = await fetcher.fetch(wanted, {
        isWanted: () => records[name] !== undefined,
        onProgress: (share) => note(name, { progress: share }),
      })
      await end(name, keys, refusal === undefined)
      if (refusal) throw refusal
      note(name, {})
    } catch (error) {
      fetcher.watchOnly(heldKeys(records))
      note(name, { trouble: describeError(error) })
      throw error
    }
  }

  async function remove(name: string): Promise<void> {
    await loaded
    let freed: readonly string[] = []
    await change((stored) => {
      const { [name]: gone, ...others } = stored
      freed = gone ? [...heldKeys({ gone })] : []
      return others
    })
    await removeUnheld(freed)
    note(name, {})
  }

  async function end(name: string, keys: readonly string[], isWhole: boolean): Promise<void> {
    await change((stored) => {
      const before = stored[name]
      const after = before && ended(before, keys, isWhole ? clock.now() : before.fetchedAt)
      return after ? { ...stored, [name]: after } : stored
    })
    // It may have been removed while it was fetched.
    if (records[name] === undefined) await removeUnheld(keys)
  }

  /** Watched no longer, so that nothing of it is written again. */
  async function removeUnheld(keys: readonly string[]): Promise<void> {
    const held = heldKeys(records)
    fetcher.watchOnly(held)
    await cache.remove(keys.filter((key) => !held.has(key)))
  }

  /** Packs that are on the device, or were to be, are fetched again on each connection: what differs comes, and from then on all. */
  function keepUp(): () => void {
    const kept = new Set<string>()
    const look = async (isDue: (record: PackRecord) => boolean) => {
      await loaded
      if (client.state().state !== 'online') return kept.clear()
      for (const { name } of [...declared.values()].flat()) {
        const record = records[name]
        if (isClosed || record === undefined || kept.has(name) || !isDue(record)) continue
        kept.add(name)
        await fetch(name).catch(() => undefined)
      }
    }
    wake = () => void look(() => true)
    onNews = () => {
      for (const name of kept) if (records[name] === undefined) kept.delete(name)
      // What another page fetches is that page's affair until its fetch has ended; from then on this one stays with it.
      void look(({ former }) => former === undefined)
    }
    wake()
    return client.onState(wake)
  }

  function note(name: string, facts: Under): void {
    under.set(name, facts)
    refresh()
  }

  function refresh(): void {
    const look = ++lookCount
    void cache.items().then(
      (items) => look === lookCount && setList(toFacts(new Map(items.map(({ key, bytes }) => [key, bytes])))),
      () => look === lookCount && setList(toFacts(new Map())),
    )
  }

  function toFacts(bytesOf: ReadonlyMap<string, number>): readonly PackFacts[] {
    return [...declared.values()].flat().map(({ name, title, words, plugin }) => {
      const { keys = [], fetchedAt } = records[name] ?? {}
      return {
        ...{ name, title, words, plugin, fetchedAt },
        missingCount: keys.filter((key) => !bytesOf.has(key)).length,
        bytes: keys.reduce((sum, key) => sum + (bytesOf.get(key) ?? 0), 0),
        ...under.get(name),
      }
    })
  }
}

export function keyOf({ of, selector }: PackedRows): string {
  return selectorKey(of.name, selector)
}
