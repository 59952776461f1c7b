import { Database, SQLiteError } from 'bun:sqlite'
import { must } from '#kernel/assert.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { reservePrivateFile } from '../private-file.ts'
import { formatVersion, migrations, tables } from './sqlite-schema.ts'

export type Durability = 'full' | 'normal'

/** Pages of the indexes in use; the operating system caches the rest without counting against this process. */
const cacheKibibytes = 8_192

/**
 * Opens the database file for this process alone.
 *
 * The exclusive lock is taken before the journal mode is set: then SQLite keeps the write-ahead log's index in memory,
 * and a second process is refused with `already-running` instead of waiting.
 */
export function openSqliteDatabase(file: string, durability: Durability): Database {
  const database = openFile(file)
  try {
    database.run('PRAGMA busy_timeout = 0')
    database.run('PRAGMA locking_mode = EXCLUSIVE')
    // Before the first page is written; later it would be one more write, and a full disk must not prevent an opening.
    if (readNumber(database, 'page_count') === 0) database.run('PRAGMA auto_vacuum = INCREMENTAL')
    refuseWithoutLog(database, file)
    database.run(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`)
    database.run('PRAGMA fullfsync = ON')
    database.run('PRAGMA wal_autocheckpoint = 0')
    database.run(`PRAGMA journal_size_limit = ${64 * 1_048_576}`)
    database.run(`PRAGMA cache_size = ${-cacheKibibytes}`)
    database.run('BEGIN EXCLUSIVE')
    migrate(database, file)
    database.run('COMMIT')
    return database
  } catch (error) {
    database.close()
    throw toOpeningError(error, file)
  }
}

/** Copies of the file, and the cost of a commit, count on the log. */
function refuseWithoutLog(database: Database, file: string): void {
  const mode = database.query('PRAGMA journal_mode = WAL').values()[0]?.[0]
  if (mode === 'wal' || mode === 'memory') return
  const words = `${file} cannot have a write-ahead log where it is (SQLite says "${mode}"). Use a local disk.`
  throw new PlatformError('unavailable', words, { facts: { file, mode: String(mode) } })
}

/** A new one is for its owner only: it has what not every user of the store may read, and the hashes of their passwords. */
function openFile(file: string): Database {
  try {
    if (file !== ':memory:') reservePrivateFile(file)
    return new Database(file, { create: true, readwrite: true })
  } catch (error) {
    throw toOpeningError(error, file)
  }
}

function migrate(database: Database, file: string): void {
  const found = readNumber(database, 'user_version')
  if (found > formatVersion)
    throw new PlatformError(
      'schema-unknown',
      `${file} has format ${found}, this server knows up to ${formatVersion}. Start a newer server.`,
      {
        facts: { file, found, wanted: formatVersion },
      },
    )
  if (found === formatVersion) return
  if (found === 0) database.run(tables)
  else for (let format = found; format < formatVersion; format++) database.run(must(migrations[format], 'no gap'))
  database.run(`PRAGMA user_version = ${formatVersion}`)
}

function readNumber(database: Database, pragma: string): number {
  return Number(database.query(`PRAGMA ${pragma}`).values()[0]?.[0] ?? 0)
}

/** What went wrong while a file was opened and first read, in words. */
export function toOpeningError(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const code = String(error.code ?? (error instanceof SQLiteError ? error.errno : ''))
  const facts = { file, code }
  if (code.startsWith('SQLITE_BUSY'))
    return new PlatformError('already-running', `Another process has ${file} open. Stop it, or use another file.`, {
      facts,
      cause: error,
    })
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT'))
    return new PlatformError('store-damaged', `${file} is not a readable event store. Restore it from a backup.`, {
      facts,
      cause: error,
    })
  return new PlatformError(
    'unavailable',
    `${file} cannot be opened: ${error.message}. Check the folder and its rights.`,
    { facts, cause: error },
  )
}
