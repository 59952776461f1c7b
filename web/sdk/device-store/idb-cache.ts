import { packsFact, toPackedKeys } from '../packs/pack-records.ts'
import { type CacheEntryHead, type CacheStore, type CacheWrite, ownerFact } from './device-store.ts'
import { toStoreError } from './idb-errors.ts'
import type { DeviceDatabase, StoredHead } from './idb-schema.ts'

/** Cached rows in the browser's database: fetched again if they are lost, so nothing waits for the disk. */
export function createIdbCache(database: DeviceDatabase): CacheStore {
  return {
    read: (key, owner) =>
      attempt(async () => {
        const tx = database.transaction(['facts', 'heads', 'blocks'])
        const [found, head, blocks] = await Promise.all([
          tx.objectStore('facts').get(ownerFact),
          tx.objectStore('heads').get(key),
          tx.objectStore('blocks').getAll(blocksOf(key)),
        ])
        const known = isOf(owner, found) ? toHead(head) : undefined
        return known && { ...known, blocks: blocks.map(({ id, content }) => ({ id, content })) }
      }),
    readHead: (key, owner) =>
      attempt(async () => {
        const tx = database.transaction(['facts', 'heads'])
        const [found, head] = await Promise.all([
          tx.objectStore('facts').get(ownerFact),
          tx.objectStore('heads').get(key),
        ])
        return isOf(owner, found) ? toHead(head) : undefined
      }),
    heads: () =>
      attempt(async () => {
        const table = database.transaction('heads').store
        const [keys, heads] = await Promise.all([table.getAllKeys(), table.getAll()])
        return heads.map(({ head, bytes }, index) => ({ key: keys[index] ?? '', head, bytes }))
      }),
    write: (one) => attempt(() => write(one)),
    remove: (keys) =>
      attempt(async () => {
        const tx = database.transaction(['heads', 'blocks'], 'readwrite', { durability: 'relaxed' })
        await Promise.all([...removals(tx, keys), tx.done])
      }),
    takeOver: (owner) =>
      attempt(async () => {
        const tx = database.transaction(['facts', 'heads', 'blocks'], 'readwrite', { durability: 'relaxed' })
        // First what may fail: what throws here leaves everything as it is.
        await tx.objectStore('facts').put(owner, ownerFact)
        await Promise.all([tx.objectStore('heads').clear(), tx.objectStore('blocks').clear(), tx.done])
      }),
    evict: (keys) =>
      attempt(async () => {
        const tx = database.transaction(['facts', 'heads', 'blocks'], 'readwrite', { durability: 'relaxed' })
        const held = toPackedKeys(await tx.objectStore('facts').get(packsFact))
        const free = keys.filter((key) => !held.has(key))
        await Promise.all([...removals(tx, free), tx.done])
        return free
      }),
    usedBytes: () => attempt(async () => (await database.getAll('heads')).reduce((sum, { bytes }) => sum + bytes, 0)),
  }

  async function write({ key, stamp, head, changed, removed, follows, owner }: CacheWrite): Promise<boolean> {
    const tx = database.transaction(['facts', 'heads', 'blocks'], 'readwrite', { durability: 'relaxed' })
    const [heads, blocks] = [tx.objectStore('heads'), tx.objectStore('blocks')]
    const [whose, found] = await Promise.all([tx.objectStore('facts').get(ownerFact), heads.get(key)])
    const before = found?.stamp === undefined ? undefined : found
    const isLatest = follows === undefined || follows === (before?.stamp ?? null)
    if (!isLatest || !isOf(owner, whose)) {
      await tx.done
      return false
    }
    const isWhole = before === undefined || removed === 'all-others'
    const sizes = toSizes(before?.sizes ?? {}, { changed, removed })
    const bytes = (JSON.stringify(head)?.length ?? 0) + Object.values(sizes).reduce((sum, size) => sum + size, 0)
    const doing: Promise<unknown>[] = isWhole ? [blocks.delete(blocksOf(key))] : []
    for (const id of removed === 'all-others' ? [] : removed) doing.push(blocks.delete([key, id]))
    for (const { id, content } of changed) doing.push(blocks.put({ entry: key, id, content }))
    doing.push(heads.put({ head, stamp, bytes, sizes }, key), tx.done)
    await Promise.all(doing)
    return true
  }
}

function isOf(owner: string | undefined, found: unknown): boolean {
  return owner === undefined || owner === found
}

type Writing = {
  objectStore<T extends 'heads' | 'blocks'>(
    name: T,
  ): { delete(key: T extends 'heads' ? string : IDBKeyRange): Promise<void> }
}

function removals(tx: Writing, keys: readonly string[]): readonly Promise<void>[] {
  return keys.flatMap((key) => [tx.objectStore('heads').delete(key), tx.objectStore('blocks').delete(blocksOf(key))])
}

function toSizes(
  before: Readonly<Record<string, number>>,
  { changed, removed }: Pick<CacheWrite, 'changed' | 'removed'>,
): Readonly<Record<string, number>> {
  const gone = new Set(removed === 'all-others' ? Object.keys(before) : removed)
  const kept = Object.entries(before).filter(([id]) => !gone.has(id))
  return Object.fromEntries([...kept, ...changed.map(({ id, content }) => [id, content.length] as const)])
}

function toHead(stored: StoredHead | undefined): CacheEntryHead | undefined {
  if (stored?.stamp === undefined) return undefined
  const { head, stamp, bytes } = stored
  return { head, stamp, bytes }
}

function blocksOf(key: string): IDBKeyRange {
  // An array sorts behind every text.
  return IDBKeyRange.bound([key], [key, []])
}

async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw toStoreError(error)
  }
}
