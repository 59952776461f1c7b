import type { EventStore } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { type Database, openDatabase } from '#storage/database.ts'
import { type MigratedDatabase, migratedDatabase } from './migrated-database.ts'

export type EngineStores = AsyncDisposable & {
  readonly store: EventStore
  /** Its client is apart from the `database` of an engine. */
  readonly fresh: MigratedDatabase
  readonly database: Database
}

/** Both stores of a leader's engine, empty and its own: an event store in memory and a database with the platform's tables. */
export async function startEngineStores(applicationName: string): Promise<EngineStores> {
  const [server, fresh] = await Promise.all([
    startEventStoreServer({ file: ':memory:', port: 0, log: silentLog }),
    migratedDatabase(6),
  ])
  const { connectionString } = server
  const store = await openKurrentEventStore({
    connectionString,
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
  })
  const database = openDatabase({ url: fresh.url, log: silentLog, applicationName })
  return {
    store,
    fresh,
    database,
    [Symbol.asyncDispose]: async () => {
      await store.close()
      await database.close()
      await server.stop()
      await fresh[Symbol.asyncDispose]()
    },
  }
}
