import { Database } from 'bun:sqlite'
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ensurePrivateFolder, readOrWritePrivateFile } from '#config/private-file.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { queueColumns } from './queue-row.ts'
import { type Salvage, salvageRows } from './salvage-rows.ts'
import { readWriteAheadLog } from './write-ahead-log.ts'

/** What was done about a file that was damaged. */
export type Damage = {
  readonly putAside: string
  readonly savedCount: number
  readonly lostCount: number
}

/**
 * Opens the file of the queue for this process alone; makes it where there is none.
 *
 * Promises: a commit is on the disk when it returns (write-ahead log, `synchronous` FULL); of a file that is damaged, or
 * whose log is, all that can be read goes on in a new one, and the damaged one is put aside, never removed; that is done
 * whole or, after a sudden end, once more.
 * Throws `already-running` when another process has it open, `schema-unknown` for one of a newer version, `unavailable`
 * when the folder does not let it be written.
 */
export function openQueueFile(file: string, now: number): { database: Database; damage: Damage | undefined } {
  ensurePrivateFolder(dirname(file))
  try {
    finishSalvage(file)
    return { database: open(file), damage: undefined }
  } catch (error) {
    if (!isDamage(error)) throw toOpeningError(error, file)
  }
  try {
    const putAside = `${file}.damaged-${new Date(now).toISOString().replaceAll(':', '-')}`
    const salvage = salvageInto(file, putAside)
    return { database: open(file), damage: { putAside, ...salvage } }
  } catch (error) {
    throw toOpeningError(error, file)
  }
}

/** What was put aside and nobody has taken away yet. */
export function listPutAside(file: string): readonly string[] {
  const pattern = new RegExp(`^${RegExp.escape(basename(file))}\\.damaged-[0-9TZ.-]+$`)
  return readdirSync(dirname(file))
    .filter((name) => pattern.test(name))
    .map((name) => join(dirname(file), name))
}

const formatVersion = 2
const tables = `
  CREATE TABLE actions (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    action_id TEXT NOT NULL UNIQUE,
    plugin TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    lane TEXT NOT NULL,
    at REAL NOT NULL,
    put_at REAL NOT NULL,
    size_bytes INTEGER NOT NULL,
    body TEXT NOT NULL,
    -- Set once it was refused: then it waits for somebody to hear of it, and for logic no more.
    refusal TEXT,
    -- Null in rows of the first format.
    checksum INTEGER
  ) STRICT`
const steps = ['', 'ALTER TABLE actions ADD COLUMN checksum INTEGER']

/** Under this name a damaged log waits for its salvage: under its own it would be taken away when the file is closed. */
const keptLogOf = (file: string): string => `${file}.damaged-log`
const draftOf = (file: string): string => `${file}.salvaged`

function open(file: string): Database {
  // Made by us, so that only its owner reads it: what is in it may be of interest to others.
  if (!existsSync(file)) readOrWritePrivateFile(file, () => '')
  const database = new Database(file, { readwrite: true })
  try {
    database.run('PRAGMA busy_timeout = 2000')
    // Before the journal mode: then the index of the log stays in memory, and a second process is refused.
    database.run('PRAGMA locking_mode = EXCLUSIVE')
    const mode = database.query('PRAGMA journal_mode = WAL').values()[0]?.[0]
    if (mode !== 'wal') throw new Error(`it cannot have a write-ahead log (SQLite says "${mode}"); use a local disk`)
    const pageSize = Number(database.query('PRAGMA page_size').values()[0]?.[0])
    const keptLog = keptLogOf(file)
    if (!existsSync(keptLog) && readWriteAheadLog(`${file}-wal`, pageSize).isDamaged) renameSync(`${file}-wal`, keptLog)
    if (existsSync(keptLog)) throw new DamagedFile('its log has changed since it was written')
    database.run('PRAGMA synchronous = FULL')
    database.run('PRAGMA fullfsync = ON')
    database.run(`PRAGMA journal_size_limit = ${16 * 1_048_576}`)
    const found = database.query('PRAGMA quick_check(1)').values()[0]?.[0]
    if (found !== 'ok') throw new DamagedFile(String(found))
    database.run('BEGIN EXCLUSIVE')
    prepareTables(database, file)
    database.run('COMMIT')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function prepareTables(database: Database, file: string): void {
  const found = Number(database.query('PRAGMA user_version').values()[0]?.[0])
  if (found > formatVersion) {
    const words = `${file} has format ${found}, this agent knows up to ${formatVersion}: start a newer one, which sends what waits.`
    throw new PlatformError('schema-unknown', words, { facts: { file, found, wanted: formatVersion } })
  }
  if (found === formatVersion) return
  if (found === 0) database.run(tables)
  else for (const step of steps.slice(found)) database.run(step)
  database.run(`PRAGMA user_version = ${formatVersion}`)
}

class DamagedFile extends Error {}

function isDamage(error: unknown): boolean {
  return error instanceof DamagedFile || /^SQLITE_(NOTADB|CORRUPT)/.test(codeOf(error))
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/**
 * All that can be read of it in a new file under its name, and itself under another. After a sudden end at any step it is
 * finished, or done once more: the old file goes when the new one is whole, and no log ever stands beside a file that is not its own.
 */
function salvageInto(file: string, putAside: string): Salvage {
  const [draft, keptLog, log] = [draftOf(file), keptLogOf(file), `${file}-wal`]
  readOrWritePrivateFile(draft, () => '')
  const salvage = writeSalvaged(file, draft, [keptLog, log].filter(existsSync))
  if (!existsSync(keptLog) && existsSync(log)) renameSync(log, keptLog)
  for (const left of [log, `${file}-shm`]) rmSync(left, { force: true })
  // A second agent that starts at this very moment takes the draft for one that was left.
  if (!existsSync(draft)) throw new Error('another process works on it; start again')
  renameSync(file, putAside)
  renameSync(draft, file)
  if (existsSync(keptLog)) renameSync(keptLog, `${putAside}-wal`)
  return salvage
}

function writeSalvaged(file: string, draft: string, logs: readonly string[]): Salvage {
  using database = new Database(draft, { readwrite: true })
  database.run('PRAGMA synchronous = FULL')
  database.run('BEGIN')
  prepareTables(database, draft)
  const places = queueColumns.replaceAll(/\w+/g, '?')
  const insert = database.query(`INSERT OR IGNORE INTO actions (${queueColumns}) VALUES (${places})`)
  const salvage = salvageRows(file, logs, (row) => {
    const { sequence, action_id, plugin, name, version, lane, at, put_at, size_bytes, body, refusal, checksum } = row
    insert.run(sequence, action_id, plugin, name, version, lane, at, put_at, size_bytes, body, refusal, checksum)
  })
  database.run('COMMIT')
  return salvage
}

/** The last steps of a salvage that was ended before them; of one that was ended earlier nothing stays. */
function finishSalvage(file: string): void {
  const [draft, keptLog] = [draftOf(file), keptLogOf(file)]
  if (existsSync(draft) && !existsSync(file)) {
    renameSync(draft, file)
    const putAside = [...listPutAside(file)].sort().at(-1)
    if (existsSync(keptLog) && putAside !== undefined) renameSync(keptLog, `${putAside}-wal`)
  }
  for (const ending of ['', '-journal']) rmSync(`${draft}${ending}`, { force: true })
}

function toOpeningError(error: unknown, file: string): unknown {
  if (error instanceof PlatformError) return error
  const code = codeOf(error)
  const facts = { file, code }
  const options = { facts, cause: error }
  if (code.startsWith('SQLITE_BUSY'))
    return new PlatformError(
      'already-running',
      `Another process has ${file} open: one agent a home folder. Stop it, or start this one with another --home.`,
      options,
    )
  return new PlatformError(
    'unavailable',
    `The queue's file ${file} cannot be opened. Check the folder, its rights and the disk.`,
    options,
  )
}
