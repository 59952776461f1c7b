import { Database } from 'bun:sqlite'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'

/** One request as it is remembered: never its body, its query or its key. */
export type LoggedRequest = {
  readonly at: number
  readonly plugin: string
  /** Null where none was right. */
  readonly keyId: string | null
  readonly keyName: string | null
  readonly method: string
  readonly path: string
  readonly status: number
  readonly ms: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Why it was refused, or null. */
  readonly words: string | null
}
export type LoggedRow = LoggedRequest & { readonly id: number }

export type RequestQuery = {
  /** Older than this one. */
  readonly before?: number
  readonly countMax: number
  readonly plugin?: string
  readonly keyId?: string
  /** Only those that were not done. */
  readonly failed?: boolean
}

/**
 * The last requests to the site of an agent, on its disk.
 *
 * Promises: bounded: the oldest go. Writing holds no request up: rows are written a moment later, together; a crash may
 * lose that moment. A disk that takes nothing is reported once and never fails a request.
 */
export interface RequestLog {
  note(request: LoggedRequest): void
  /** The newest first. */
  find(query: RequestQuery): readonly LoggedRow[]
  close(): void
}

const rowCountMaxDefault = 50_000
const waitingCountMax = 1_000
const flushEveryMs = 500
const pathCharactersMax = 500
const wordsCharactersMax = 500

export function openRequestLog(options: { file: string; clock: Clock; log: Log; rowCountMax?: number }): RequestLog {
  const { clock, log, rowCountMax = rowCountMaxDefault } = options
  const database = openOrBeginAnew(options.file, log)
  const insert = database.prepare(insertText)
  const trim = database.prepare('delete from requests where id <= (select max(id) from requests) - ?')
  let waiting: LoggedRequest[] = []
  let cancel: (() => void) | undefined
  let isTroubled = false
  let isClosed = false

  const write = database.transaction((rows: readonly LoggedRequest[]) => {
    for (const row of rows) insert.run(...toColumns(row))
    trim.run(rowCountMax)
  })
  const flush = (): void => {
    cancel?.()
    cancel = undefined
    const rows = waiting
    waiting = []
    if (rows.length === 0) return
    try {
      write(rows)
      isTroubled = false
    } catch (error) {
      if (!isTroubled) log.error(`requests cannot be written down: ${describeError(error)}`)
      isTroubled = true
    }
  }
  return {
    note: (request) => {
      if (isClosed) return
      waiting.push(request)
      if (waiting.length >= waitingCountMax) flush()
      else cancel ??= clock.after(flushEveryMs, flush)
    },
    find: ({ before = Number.MAX_SAFE_INTEGER, countMax, plugin = null, keyId = null, failed = false }) => {
      flush()
      return database
        .query<LoggedRow, [number, string | null, string | null, number, number]>(findText)
        .all(before, plugin, keyId, failed ? 400 : 0, countMax)
    },
    close: () => {
      if (isClosed) return
      flush()
      isClosed = true
      database.close()
    },
  }
}

const columns = 'at, plugin, keyId, keyName, method, path, status, ms, bytesIn, bytesOut, words'
const insertText = `insert into requests (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
const findText = `select id, ${columns} from requests where id < ?1 and (?2 is null or plugin = ?2)
  and (?3 is null or keyId = ?3) and status >= ?4 order by id desc limit ?5`

/** A log is no reason not to start: one that cannot be opened, as on a full disk, stays as it is, and this run's is in memory. */
function openOrBeginAnew(file: string, log: Log): Database {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    return openFile(file, () => {
      log.error('the log of requests is damaged and begun anew', { file })
      for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
    })
  } catch (error) {
    const because = describeError(error)
    log.error('the log of requests cannot be opened: until the next start it is kept in memory only', { file, because })
    return prepare(new Database(':memory:', { strict: true }))
  }
}

function openFile(file: string, removeDamaged: () => void): Database {
  try {
    return prepare(new Database(file, { create: true, strict: true }))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!/^SQLITE_(NOTADB|CORRUPT)/.test(code)) throw error
    removeDamaged()
    return prepare(new Database(file, { create: true, strict: true }))
  }
}

function prepare(database: Database): Database {
  try {
    return prepareTables(database)
  } catch (error) {
    database.close()
    throw error
  }
}

function prepareTables(database: Database): Database {
  database.run('pragma journal_mode = wal')
  database.run('pragma synchronous = normal')
  database.run(`create table if not exists requests (
    id integer primary key autoincrement, at integer not null, plugin text not null, keyId text, keyName text,
    method text not null, path text not null, status integer not null, ms real not null,
    bytesIn integer not null, bytesOut integer not null, words text)`)
  return database
}

function toColumns(row: LoggedRequest): (string | number | null)[] {
  const { at, plugin, keyId, keyName, method, path, status, ms, bytesIn, bytesOut, words } = row
  const short = words === null ? null : words.slice(0, wordsCharactersMax)
  return [at, plugin, keyId, keyName, method, path.slice(0, pathCharactersMax), status, ms, bytesIn, bytesOut, short]
}
