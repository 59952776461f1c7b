import { describeCompetingConsumers } from './competing-consumers-contract.ts'
import { createMemoryConsumers } from './memory-consumers.ts'
import { createMemoryEventStore } from './memory-event-store.ts'

describeCompetingConsumers('competing consumers in memory', async () => {
  const store = createMemoryEventStore()
  return { ...store, ...createMemoryConsumers(store) }
})
