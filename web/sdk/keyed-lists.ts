import { batch, createSignal, getListener, onCleanup, type Signal } from 'solid-js'

/**
 * Lists by a key, for screens that show some of many keys: a change reaches only those who look at its key, and all changes
 * of one moment reach them together.
 */
export interface KeyedLists<T> {
  /** Followed where a computation asks. */
  of(key: string): readonly T[]
  peek(key: string): readonly T[]
  entries(): readonly (readonly [string, readonly T[]])[]
  /** An empty list is none. */
  set(lists: ReadonlyMap<string, readonly T[]>): void
}

type Watched<T> = { readonly signal: Signal<readonly T[]>; watcherCount: number }

export function createKeyedLists<T>(): KeyedLists<T> {
  const none: readonly T[] = []
  const lists = new Map<string, readonly T[]>()
  const watched = new Map<string, Watched<T>>()
  const peek = (key: string): readonly T[] => lists.get(key) ?? none

  return {
    peek,
    of: (key) => {
      if (getListener() === null) return peek(key)
      const one = watched.get(key) ?? { signal: createSignal(peek(key)), watcherCount: 0 }
      watched.set(key, one)
      one.watcherCount++
      onCleanup(() => {
        if (--one.watcherCount === 0 && watched.get(key) === one) watched.delete(key)
      })
      return one.signal[0]()
    },
    entries: () => [...lists],
    set: (changed) =>
      batch(() => {
        for (const [key, list] of changed) {
          if (list.length > 0) lists.set(key, list)
          else lists.delete(key)
          watched.get(key)?.signal[1](() => peek(key))
        }
      }),
  }
}
