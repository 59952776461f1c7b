import { packedKeys } from '../packs/pack-records.ts'
import { type CacheStore, DeviceFull, type FactStore } from './device-store.ts'

/**
 * Does the work; where the device has no room for it, gives up cached rows for it: first the half that was not looked at for
 * longest, then all, and what somebody took along on purpose only when nothing else is left. What was cached can be fetched
 * again; what a person did cannot.
 */
export async function withRoomMade<T>(
  { cache, facts }: { readonly cache: CacheStore; readonly facts: Pick<FactStore, 'get'> },
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof DeviceFull)) throw error
      if (!(await giveUpSome(cache, facts))) throw error
    }
  }
}

/** False when there is nothing left to give. */
async function giveUpSome(cache: CacheStore, facts: Pick<FactStore, 'get'>): Promise<boolean> {
  const packed = await packedKeys(facts).catch(() => new Set<string>())
  const heads = [...(await cache.heads())].sort((a, b) => usedAtOf(a.head) - usedAtOf(b.head)).map(({ key }) => key)
  const loose = heads.filter((key) => !packed.has(key))
  const gone = loose.length > 0 ? await cache.evict(loose.slice(0, Math.ceil(loose.length / 2))) : []
  if (gone.length === 0) await cache.remove(heads)
  return heads.length > 0
}

function usedAtOf(head: unknown): number {
  const usedAt = typeof head === 'object' && head !== null && 'usedAt' in head ? head.usedAt : undefined
  return typeof usedAt === 'number' ? usedAt : 0
}
