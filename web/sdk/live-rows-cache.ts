import type { Clock } from '#kernel/clock.ts'
import type { Random } from '#kernel/random.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import { type Selector, selectorKey } from '#vortex/protocol/row.ts'
import type { Fields } from '#vortex/protocol/tuple.ts'
import type { RowCache } from './cache/row-cache.ts'
import { type LiveRows, type LiveRowsOptions, openLiveRows } from './live-rows.ts'
import type { Overlays } from './overlays/overlays.ts'

/**
 * One observation a selector, however many components watch it. It outlives its last watcher for a moment, so that
 * going from page to page and back shows rows at once.
 */
export interface LiveRowsCache {
  /** With `keptFields`, those of its definition, what the device keeps of it is shown first, and kept up. */
  acquire(name: string, selector: Selector, keptFields?: Fields): { readonly live: LiveRows; release(): void }
  close(): void
}

type Entry = { readonly live: LiveRows; watcherCount: number; cancelEnd: () => void }

const lingerMs = 5_000

export function createLiveRowsCache(options: {
  readonly client: VortexClient
  readonly clock: Clock
  readonly random: Random
  readonly overlays: Overlays
  readonly cache: RowCache
}): LiveRowsCache {
  const { client, clock, random, overlays, cache } = options
  const entries = new Map<string, Entry>()

  return {
    acquire: (name, selector, keptFields) => {
      // Whether it is kept is the choice of each who watches; one who keeps serves no other.
      const key = `${keptFields ? 'kept ' : ''}${selectorKey(name, selector)}`
      const entry = entries.get(key) ?? open(key, name, { ...selector }, keptFields)
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

  /** Of a plain copy: a selector out of a Solid store could not be sent to another tab. */
  function open(key: string, name: string, selector: Selector, fields: Fields | undefined): Entry {
    const observe: LiveRowsOptions['observe'] = (observer) =>
      fields ? cache.observe({ name, selector, fields }, observer, true) : client.observe(name, selector, observer)
    const live = openLiveRows({ client, clock, random, overlays, name, selector, observe })
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
