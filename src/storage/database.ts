/**
 * The connections of one process to its Postgres.
 *
 * Two pools, because drizzle changes the parsers and serializers of the client it is given: `db` is for drizzle queries,
 * `sql` is postgres.js untouched. Raw `sql` answers int8 and numeric as text (no digit is ever lost; write `::int` or
 * `::float8` where a number is wanted), timestamptz as Date, json and jsonb parsed.
 *
 * Promises: connections open when first used, at most `maxConnections` in each pool; a query on a lost connection fails
 * with the driver's error and the next one connects again; `close` lets running queries finish for a few seconds.
 * Asks: a direct address, not a transaction pooler (session locks and prepared statements live on the session).
 */
import { drizzle } from 'drizzle-orm/postgres-js'
import type { Log } from '#kernel/log.ts'
import { openClient } from './client.ts'

export type DatabaseOptions = {
  readonly url: string
  readonly log: Log
  /** Shown by pg_stat_activity. */
  readonly applicationName: string
  readonly maxConnections?: number
  /** `off` only where rows and their checkpoint can go back together, as while loading a shadow read model. */
  readonly synchronousCommit?: 'on' | 'off'
  /** 0: no limit. A single long statement says `set local statement_timeout` instead. */
  readonly statementTimeoutMs?: number
  /** Where a name without a schema is looked for; the server's own setting when left out. */
  readonly schemaName?: string
}

export type Database = ReturnType<typeof openDatabase>

const closeTimeoutSeconds = 5

export function openDatabase(options: DatabaseOptions) {
  const forDrizzle = openClient(options)
  const sql = openClient(options)
  return {
    db: drizzle({ client: forDrizzle }),
    sql,
    async close(timeoutSeconds = closeTimeoutSeconds): Promise<void> {
      await Promise.all([forDrizzle, sql].map((client) => client.end({ timeout: timeoutSeconds })))
    },
  }
}
