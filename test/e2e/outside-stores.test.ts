import { startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { silentLog } from '#kernel/log.ts'
import { freshDatabase } from '#support/postgres.ts'
import { describeMainJob } from './main-job.ts'

/** An event store and a Postgres that the platform did not start: found by their addresses alone. */
const stores = new AsyncDisposableStack()

describeMainJob('on stores started outside', {
  environment: async () => {
    const eventStore = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
    stores.defer(() => eventStore.stop())
    const database = stores.use(await freshDatabase())
    return { PEEK_EVENT_STORE: eventStore.connectionString, DATABASE_URL: database.url }
  },
  dispose: () => stores.disposeAsync(),
})
