import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '#kernel/log.ts'
import { openClient } from '#storage/client.ts'
import { migrate } from '#storage/migrate.ts'
import { freshDatabase } from '#support/postgres.ts'
import { describeSchema } from '#testing/describe-schema.ts'

const folder = join(import.meta.dir, '../../migrations')
const file = join(folder, 'schema.sql')
const head = `-- What the migrations make of an empty database, for reading: generated, never run.
-- After a new migration: PEEK_WRITE_SCHEMA=1 bun test test/integration/platform-schema.test.ts

`

test('migrations/schema.sql is what the migrations make', async () => {
  await using database = await freshDatabase()
  await migrate({ url: database.url, sets: [{ id: 'platform', folder }], log: silentLog })
  const sql = openClient({ url: database.url, log: silentLog, applicationName: 'test', maxConnections: 1 })
  const found = head + (await describeSchema(sql, 'platform'))
  await sql.end({ timeout: 1 })
  if (process.env.PEEK_WRITE_SCHEMA) await Bun.write(file, found)
  expect(found).toBe(readFileSync(file, 'utf8'))
}, 120_000)
