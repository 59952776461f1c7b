import { join } from 'node:path'
import { silentLog } from '#kernel/log.ts'
import { type Client, openClient } from '#storage/client.ts'
import { migrate } from '#storage/migrate.ts'
import { freshDatabase } from './postgres.ts'

export type MigratedDatabase = AsyncDisposable & { readonly url: string; readonly sql: Client }

/** A database of its own with the platform's tables, and a client of it; disposing closes and drops both. */
export async function migratedDatabase(maxConnections: number): Promise<MigratedDatabase> {
  const fresh = await freshDatabase()
  const folder = join(import.meta.dir, '../../migrations')
  await migrate({ url: fresh.url, sets: [{ id: 'platform', folder }], log: silentLog })
  const sql = openClient({ url: fresh.url, log: silentLog, applicationName: 'test', maxConnections })
  return {
    url: fresh.url,
    sql,
    [Symbol.asyncDispose]: async () => {
      await sql.end({ timeout: 1 })
      await fresh[Symbol.asyncDispose]()
    },
  }
}
