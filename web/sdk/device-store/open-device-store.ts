import type { DeviceStore } from './device-store.ts'
import { createIdbCache } from './idb-cache.ts'
import { letGoWords, toStoreError } from './idb-errors.ts'
import { createIdbOutbox } from './idb-outbox.ts'
import { type DeviceDatabase, openDeviceDatabase } from './idb-schema.ts'
import { withRoomMade } from './with-room-made.ts'

const newerWords =
  'A newer version of this app was opened in another window. This page has stopped saving and sending: reload it to go on. What waits is sent by the other window.'
const terminatedWords =
  'The browser has closed what this page keeps, as it does when its data is cleared. Reload this page before you go on.'

/**
 * What a device keeps under a name, in the browser's database, open in any number of pages at once.
 *
 * Promises: a page that stands in the way of a newer layout lets go at once, and says so. Rejects where the browser keeps
 * nothing, and with `schema-unknown` where a newer layout is there already.
 */
export async function openDeviceStore(name: string): Promise<DeviceStore> {
  const listeners = new Set<(words: string) => void>()
  let database: DeviceDatabase | undefined
  let closedWords: string | undefined
  const letGo = (words: string): void => {
    if (closedWords !== undefined) return
    closedWords = words
    database?.close()
    for (const listener of [...listeners]) listener(words)
  }
  try {
    database = await openDeviceDatabase(name, {
      onNewer: () => letGo(newerWords),
      onTerminated: () => letGo(terminatedWords),
    })
  } catch (error) {
    throw toStoreError(error)
  }
  const { outbox, cache, facts } = createTables(database)

  return {
    isDurable: true,
    opened: async () => ({ isDurable: true, words: undefined }),
    cache,
    outbox: {
      ...outbox,
      put: (action) => withRoomMade({ cache, facts }, () => outbox.put(action)),
      change: (changes, options) => withRoomMade({ cache, facts }, () => outbox.change(changes, options)),
    },
    facts,
    onClosed: (listener) => {
      if (closedWords !== undefined) listener(closedWords)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => {
      closedWords ??= letGoWords
      database?.close()
    },
  }
}

function createTables(database: DeviceDatabase): Pick<DeviceStore, 'outbox' | 'cache' | 'facts'> {
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw toStoreError(error)
    }
  }
  return {
    outbox: createIdbOutbox(database),
    cache: createIdbCache(database),
    facts: {
      get: (name) => attempt(() => database.get('facts', name)),
      set: (name, value) => attempt(async () => void (await database.put('facts', value, name))),
      change: (name, make) =>
        attempt(async () => {
          const tx = database.transaction('facts', 'readwrite')
          const made = make(await tx.store.get(name))
          await Promise.all([tx.store.put(made, name), tx.done])
          return made
        }),
      remove: (name) => attempt(() => database.delete('facts', name)),
    },
  }
}
