/**
 * Brings a database to the state the migration files describe: forward only, each file once, each in one transaction
 * together with the line that records it in `platform.migrations`.
 *
 * Promises: running it again changes nothing; any number of processes may run it at once, one works and the others wait;
 * a failing file leaves nothing behind and is named with its line. A file edited after it was applied is refused.
 */
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { lockKeySql } from './advisory-lock.ts'
import { type AppliedMigration, checkApplied } from './check-applied.ts'
import { type Client, openClient, type QueryRunner } from './client.ts'
import { inTransaction } from './in-transaction.ts'
import { describeMigrationFailure } from './migration-failure.ts'
import { type MigrationFile, type MigrationSet, readMigrationFiles } from './migration-files.ts'

export type MigrateOptions = {
  readonly url: string
  /** In this order: a later set may build on an earlier one. */
  readonly sets: readonly MigrationSet[]
  readonly log: Log
}

const lockName = 'migrate'
/** How long to wait for another process that migrates, and for the readers of a table that is altered. */
const lockWaitMsMax = 300_000
const tableWaitMsMax = 30_000

export async function migrate({ url, sets, log }: MigrateOptions): Promise<void> {
  const planned = sets.map((set) => ({ set, files: readMigrationFiles(set) }))
  const sql = openClient({ url, log, applicationName: 'peek migrate', maxConnections: 1, statementTimeoutMs: 0 })
  try {
    await lockSession(sql)
    await ensureBookkeeping(sql)
    for (const { set, files } of planned) {
      checkApplied(set, files, await loadApplied(sql, set))
      if (set.schemaName !== undefined) await sql`create schema if not exists ${sql(set.schemaName)}`
      for (const file of files) await applyOnce(sql, set, file, log)
    }
  } finally {
    // The lock goes with the session.
    await sql.end({ timeout: 5 })
  }
}

async function lockSession(sql: Client): Promise<void> {
  await sql.unsafe(`set lock_timeout = ${lockWaitMsMax}`)
  try {
    await sql.unsafe(`select pg_advisory_lock(${lockKeySql('$1')})`, [lockName])
  } catch (cause) {
    if (!hasCode(cause, '55P03')) throw cause
    const words = `Another process has been migrating this database for ${lockWaitMsMax} ms. See what it does (pg_stat_activity, application "peek migrate"), then start again.`
    throw new PlatformError('timeout', words, { cause })
  }
}

async function ensureBookkeeping(sql: Client): Promise<void> {
  try {
    await sql`create schema if not exists platform`
    await sql`
      create table if not exists platform.migrations (
        set_id text not null, number integer not null, name text not null, hash text not null,
        applied_at timestamptz not null default now(), primary key (set_id, number)
      )`
  } catch (cause) {
    if (!hasCode(cause, '42501')) throw cause
    const words =
      'The database user may not create schemas. As an administrator run: grant create on database <database> to <user>'
    throw new PlatformError('migration-failed', words, { cause })
  }
}

async function loadApplied(sql: Client, set: MigrationSet): Promise<readonly AppliedMigration[]> {
  return sql<AppliedMigration[]>`
    select number, name, hash from platform.migrations where set_id = ${set.id} order by number`
}

async function applyOnce(sql: Client, set: MigrationSet, file: MigrationFile, log: Log): Promise<void> {
  try {
    const isNew = await inTransaction(sql, async (tx) => {
      // A connection lost between two files took the session lock with it; this one says who works now, and what is left.
      await tx.unsafe(`set local lock_timeout = ${lockWaitMsMax}`)
      await tx.unsafe(`select pg_advisory_xact_lock(${lockKeySql('$1')})`, [lockName])
      if (await isApplied(tx, set, file)) return false
      await tx.unsafe(`set local lock_timeout = ${tableWaitMsMax}`)
      if (set.schemaName !== undefined) await tx.unsafe(`set local search_path = "${set.schemaName}"`)
      await tx.unsafe(file.text)
      const record = 'insert into platform.migrations (set_id, number, name, hash) values ($1, $2, $3, $4)'
      await tx.unsafe(record, [set.id, file.number, file.name, file.hash])
      return true
    })
    // A file may have changed settings of the session, such as search_path; the next one starts as this one did.
    if (isNew) await sql`reset all`
    if (isNew) log.info('migration applied', { set: set.id, name: file.name })
  } catch (cause) {
    throw describeMigrationFailure(set, file, cause)
  }
}

async function isApplied(tx: QueryRunner, set: MigrationSet, file: MigrationFile): Promise<boolean> {
  const text = 'select 1 from platform.migrations where set_id = $1 and number = $2'
  return (await tx.unsafe(text, [set.id, file.number])).length > 0
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
