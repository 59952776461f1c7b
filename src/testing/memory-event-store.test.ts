import { describeEventStore } from './event-store-contract.ts'
import { createMemoryEventStore } from './memory-event-store.ts'

const store = createMemoryEventStore()

/** One log for the whole suite, as with a real server; a store that is closed closes nobody else's. */
describeEventStore('the event store in memory', async () => {
  let isOpen = true
  const feeds = new Set<{ stop(): Promise<void> }>()
  return {
    ...store,
    append: async (...wanted) => (isOpen ? store : closedStore).append(...wanted),
    follow: (options) => {
      const feed = store.follow(options)
      feeds.add(feed)
      return feed
    },
    close: async () => {
      isOpen = false
      await Promise.all([...feeds].map((feed) => feed.stop()))
    },
  }
})

const closedStore = createMemoryEventStore()
await closedStore.close()
