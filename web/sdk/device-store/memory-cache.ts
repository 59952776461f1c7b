import type { CacheEntryHead, CacheStore, CacheWrite } from './device-store.ts'
import type { Room } from './room.ts'

type Kept = { readonly head: unknown; readonly stamp: string; readonly blocks: ReadonlyMap<string, string> }
type AtOnce<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => Promise<infer R> ? (...args: A) => R : never
}

/** The cache of a memory disk: what `CacheStore` says, at once. */
export function createMemoryCache(room: Room): AtOnce<Omit<CacheStore, 'evict' | 'takeOver'>> {
  const kept = new Map<string, Kept>()
  let used = 0

  return {
    read: (key) => {
      const one = kept.get(key)
      return one && { ...toHead(one), blocks: [...one.blocks].map(([id, content]) => ({ id, content })) }
    },
    readHead: (key) => {
      const one = kept.get(key)
      return one && toHead(one)
    },
    heads: () => [...kept].map(([key, one]) => ({ key, head: one.head, bytes: bytesOf(one) })),
    write: ({ key, stamp, head, changed, removed, follows }: CacheWrite) => {
      const before = kept.get(key)
      if (follows !== undefined && follows !== (before?.stamp ?? null)) return false
      const blocks = new Map(removed === 'all-others' ? [] : before?.blocks)
      for (const id of removed === 'all-others' ? [] : removed) blocks.delete(id)
      for (const { id, content } of changed) blocks.set(id, content)
      const after: Kept = { head, stamp, blocks }
      take(bytesOf(after) - (before ? bytesOf(before) : 0))
      kept.set(key, after)
      return true
    },
    remove: (keys) => {
      for (const key of keys) {
        const one = kept.get(key)
        if (one) take(-bytesOf(one))
        kept.delete(key)
      }
    },
    usedBytes: () => used,
  }

  function take(bytes: number): void {
    room.take(bytes)
    used += bytes
  }
}

function toHead(one: Kept): CacheEntryHead {
  return { head: one.head, stamp: one.stamp, bytes: bytesOf(one) }
}

function bytesOf({ head, blocks }: Kept): number {
  let bytes = JSON.stringify(head)?.length ?? 0
  for (const content of blocks.values()) bytes += content.length
  return bytes
}
