import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { DeviceStore } from './device-store.ts'

/**
 * A store that can be used before it is open: what is asked of it waits.
 *
 * Promises: a device that cannot keep anything (a private window, storage switched off, a damaged database) gets a store that
 * lasts as long as the page, and says so. A page of an older app than the one that was here last gets none.
 */
export function createLateStore(open: () => Promise<DeviceStore>, openSpare: () => DeviceStore): DeviceStore {
  const listeners = new Set<(words: string) => void>()
  let isClosed = false
  let isDurable = false
  let failure: string | undefined
  let closedWords: string | undefined
  const tellClosed = (words: string): void => {
    closedWords = words
    for (const listener of [...listeners]) listener(words)
  }
  const opening = open()
    .catch((error: unknown) => {
      if (isPlatformError(error, 'schema-unknown')) throw error
      failure = `This browser keeps nothing for this page (${error instanceof Error ? error.message : String(error)}): what is not sent is lost when the page is closed.`
      return openSpare()
    })
    .then((store) => {
      isDurable = store.isDurable
      if (isClosed) store.close()
      else store.onClosed(tellClosed)
      return store
    })
  opening.catch((error: unknown) => tellClosed(describeError(error)))
  const opened = async (): Promise<DeviceStore> => {
    const store = await opening
    if (!isClosed) return store
    throw new PlatformError('unavailable', 'This page has let go of what the device keeps: reload it.')
  }

  return {
    get isDurable() {
      return isDurable
    },
    opened: async () => {
      await opening
      return { isDurable, words: failure }
    },
    outbox: {
      put: async (action) => (await opened()).outbox.put(action),
      change: async (changes, options) => (await opened()).outbox.change(changes, options),
      update: async (id, change) => (await opened()).outbox.update(id, change),
      get: async (id) => (await opened()).outbox.get(id),
      getMany: async (ids) => (await opened()).outbox.getMany(ids),
      after: async (seq, countMax) => (await opened()).outbox.after(seq, countMax),
      unfinished: async () => (await opened()).outbox.unfinished(),
      refused: async () => (await opened()).outbox.refused(),
      finished: async (options) => (await opened()).outbox.finished(options),
      figures: async () => (await opened()).outbox.figures(),
      prune: async (options) => (await opened()).outbox.prune(options),
    },
    cache: {
      read: async (key, owner) => (await opened()).cache.read(key, owner),
      readHead: async (key, owner) => (await opened()).cache.readHead(key, owner),
      heads: async () => (await opened()).cache.heads(),
      write: async (write) => (await opened()).cache.write(write),
      remove: async (keys) => (await opened()).cache.remove(keys),
      takeOver: async (owner) => (await opened()).cache.takeOver(owner),
      evict: async (keys) => (await opened()).cache.evict(keys),
      usedBytes: async () => (await opened()).cache.usedBytes(),
    },
    facts: {
      get: async (name) => (await opened()).facts.get(name),
      set: async (name, value) => (await opened()).facts.set(name, value),
      change: async (name, make) => (await opened()).facts.change(name, make),
      remove: async (name) => (await opened()).facts.remove(name),
    },
    onClosed: (listener) => {
      if (closedWords !== undefined) listener(closedWords)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => {
      isClosed = true
      opening.then((store) => store.close()).catch(() => undefined)
    },
  }
}
