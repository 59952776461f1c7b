import type { FileCache, FileCaches } from '../edition-shelf.ts'

/** The caches of a browser, in memory; a response can be read once, so each is kept as a copy. */
export function createMemoryCaches(): FileCaches {
  const caches = new Map<string, FileCache>()
  const open = (name: string): FileCache => {
    const cache = caches.get(name) ?? createCache()
    caches.set(name, cache)
    return cache
  }
  return {
    open: async (name) => open(name),
    keys: async () => [...caches.keys()],
    delete: async (name) => caches.delete(name),
    match: async (url, within) => {
      if (within) return caches.get(within.cacheName)?.match(url)
      for (const cache of caches.values()) {
        const found = await cache.match(url)
        if (found) return found
      }
      return undefined
    },
  }
}

function createCache(): FileCache {
  const entries = new Map<string, Response>()
  return {
    match: async (url) => entries.get(url)?.clone(),
    put: async (url, response) => void entries.set(url, response),
    delete: async (url) => entries.delete(url),
  }
}
