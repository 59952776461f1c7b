import type { Clock } from '#kernel/clock.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import { type Selector, selectorKey } from '#vortex/protocol/row.ts'
import { type LiveRows, openLiveRows } from './live-rows.ts'
import type { Overlays } from './overlays.ts'

/**
 * One observation a selector, however many components watch it. It outlives its last watcher for a moment, so that
 * going from page to page and back shows rows at once.
 */
export interface LiveRowsCache {
  acquire(name: string, selector: Selector): { readonly live: LiveRows; release(): void }
  close(): void
}

type Entry = { readonly live: LiveRows; watcherCount: number; cancelEnd: () => void }

const lingerMs = 5_000

export function createLiveRowsCache(client: VortexClient, clock: Clock, overlays: Overlays): LiveRowsCache {
  const entries = new Map<string, Entry>()

  return {
    acquire: (name, selector) => {
      const key = selectorKey(name, selector)
      const entry = entries.get(key) ?? open(key, name, selector)
      entry.cancelEnd()
      entry.watcherCount += 1
      let isReleased = false
      const release = () => {
        if (isReleased) return
        isReleased = true
        entry.watcherCount -= 1
        if (entry.watcherCount === 0) entry.cancelEnd = clock.after(lingerMs, () => end(key, entry))
      }
      return { live: entry.live, release }
    },
    close: () => {
      for (const [key, entry] of entries) end(key, entry)
    },
  }

  function open(key: string, name: string, selector: Selector): Entry {
    // A plain copy: a selector out of a Solid store could not be sent to another tab.
    const live = openLiveRows({ client, clock, overlays, name, selector: { ...selector } })
    const entry: Entry = { live, watcherCount: 0, cancelEnd: () => undefined }
    entries.set(key, entry)
    return entry
  }

  function end(key: string, entry: Entry): void {
    entry.cancelEnd()
    entries.delete(key)
    entry.live.stop()
  }
}
