import { PlatformError } from '#kernel/platform-error.ts'
import { packsFact, toPackedKeys } from '../packs/pack-records.ts'
import { type DeviceStore, ownerFact } from './device-store.ts'
import { createMemoryCache } from './memory-cache.ts'
import { createMemoryOutbox } from './memory-outbox.ts'
import { createRoom, type Room } from './room.ts'
import { withRoomMade } from './with-room-made.ts'

/**
 * What stays when a page is gone: several handles may be open on one, as tabs have on one database. For tests, and for
 * browsers that keep nothing, where it lasts as long as the page.
 */
export type MemoryDisk = {
  readonly outbox: ReturnType<typeof createMemoryOutbox>
  readonly cache: ReturnType<typeof createMemoryCache>
  readonly facts: Map<string, unknown>
  readonly room: Room
}

export function createMemoryDisk({ sizeBytesMax = Number.POSITIVE_INFINITY } = {}): MemoryDisk {
  const room = createRoom(sizeBytesMax)
  return { outbox: createMemoryOutbox(room), cache: createMemoryCache(room), facts: new Map(), room }
}

export function createMemoryDeviceStore(options: { readonly sizeBytesMax?: number } = {}): DeviceStore {
  return openMemoryDeviceStore(createMemoryDisk(options))
}

/**
 * A handle on the disk. Promises what a database does: a write happens a moment later than it was asked for, whole or not at
 * all, in the order asked; after `close` nothing that had not happened yet does.
 */
export function openMemoryDeviceStore({ outbox, cache, facts }: MemoryDisk): DeviceStore {
  let isClosed = false
  const later = async <T>(work: () => T): Promise<T> => {
    await undefined
    if (isClosed) throw new PlatformError('unavailable', 'This page has let go of what the device keeps: reload it.')
    return work()
  }
  const isOf = (owner: string | undefined): boolean => owner === undefined || facts.get(ownerFact) === owner
  const cacheStore: DeviceStore['cache'] = {
    read: (key, owner) => later(() => (isOf(owner) ? structuredClone(cache.read(key)) : undefined)),
    readHead: (key, owner) => later(() => (isOf(owner) ? structuredClone(cache.readHead(key)) : undefined)),
    heads: () => later(() => structuredClone(cache.heads())),
    write: (write) => later(() => isOf(write.owner) && cache.write(structuredClone(write))),
    remove: (keys) => later(() => cache.remove(keys)),
    takeOver: (owner) =>
      later(() => {
        facts.set(ownerFact, structuredClone(owner))
        cache.remove(cache.heads().map(({ key }) => key))
      }),
    evict: (keys) =>
      later(() => {
        const held = toPackedKeys(facts.get(packsFact))
        const free = keys.filter((key) => !held.has(key))
        cache.remove(free)
        return free
      }),
    usedBytes: () => later(cache.usedBytes),
  }

  const factStore: DeviceStore['facts'] = {
    get: (name) => later(() => structuredClone(facts.get(name))),
    set: (name, value) => later(() => void facts.set(name, structuredClone(value))),
    change: (name, make) =>
      later(() => {
        const made = make(structuredClone(facts.get(name)))
        facts.set(name, structuredClone(made))
        return made
      }),
    remove: (name) => later(() => void facts.delete(name)),
  }
  const withRoom = <T>(work: () => T): Promise<T> =>
    withRoomMade({ cache: cacheStore, facts: factStore }, () => later(work))

  return {
    isDurable: false,
    opened: async () => ({ isDurable: false, words: undefined }),
    cache: cacheStore,
    outbox: {
      put: (action) => withRoom(() => outbox.put(action)),
      change: (changes, options) => withRoom(() => outbox.change(changes, options)),
      update: async (id, change) => {
        const [changed] = await withRoom(() => outbox.change([{ id, change }]))
        return changed
      },
      get: (id) => later(() => outbox.getMany([id])[0]),
      getMany: (ids) => later(() => outbox.getMany(ids)),
      after: (seq, countMax) => later(() => outbox.after(seq, countMax)),
      unfinished: () => later(outbox.unfinished),
      refused: () => later(outbox.refused),
      finished: (options) => later(() => outbox.finished(options)),
      figures: () => later(outbox.figures),
      prune: (options) => later(() => outbox.prune(options)),
    },
    facts: factStore,
    onClosed: () => () => undefined,
    close: () => {
      isClosed = true
    },
  }
}
