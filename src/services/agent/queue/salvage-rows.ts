import { Database } from 'bun:sqlite'
import { closeSync, copyFileSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tryParseJson } from '#kernel/json.ts'
import { checksumOf, type QueueRow } from './queue-row.ts'
import { readWriteAheadLog } from './write-ahead-log.ts'

export type Salvage = {
  readonly savedCount: number
  /** Rows that are known to have been there, and cannot be read or believed any more. */
  readonly lostCount: number
}

/**
 * Takes out of a damaged file whatever can still be read, each row by itself: with what its logs hold, and without.
 *
 * Promises: a row is taken once, and only with its checksum right; the damaged file stays as it is, since all of this
 * happens on a copy; the worst that can be read is nothing. One that was done with may come again: it takes effect once (E2).
 */
export function salvageRows(damaged: string, logs: readonly string[], take: (row: QueueRow) => void): Salvage {
  const copy = `${damaged}.copy`
  const known = new Set<number>()
  const saved = new Set<number>()
  const save = (row: QueueRow): void => {
    take({ ...row, checksum: row.checksum ?? checksumOf(row) })
    for (const sequences of [known, saved]) sequences.add(row.sequence)
  }
  try {
    for (const log of [...logs, undefined]) {
      makeReadable(damaged, log, copy)
      attempt(() => {
        using database = new Database(copy, { readonly: true })
        const read = database.query<QueueRow, [number]>(`SELECT * FROM actions WHERE sequence = ?`)
        for (const sequence of listSequences(database)) {
          known.add(sequence)
          const row = saved.has(sequence) ? undefined : attempt(() => read.get(sequence) ?? undefined)
          if (row !== undefined && isBelievable(row)) save(row)
        }
      })
    }
    for (const log of logs) for (const row of readLooseRows(damaged, log, copy)) if (!saved.has(row.sequence)) save(row)
    return { savedCount: saved.size, lostCount: known.size - saved.size }
  } finally {
    rmSync(copy, { force: true })
  }
}

/** The pages that the log holds put in their places; then it needs no log. */
function makeReadable(damaged: string, log: string | undefined, copy: string) {
  copyFileSync(damaged, copy)
  const descriptor = openSync(copy, 'r+')
  try {
    const pageSize = readPageSize(descriptor)
    const pages = log === undefined ? [] : readWriteAheadLog(log, pageSize).pages
    for (const { pageNumber, bytes } of pages)
      writeSync(descriptor, bytes, 0, bytes.length, (pageNumber - 1) * pageSize)
    // Read and write version: "has no log".
    writeSync(descriptor, Uint8Array.of(1, 1), 0, 2, 18)
    return { pageSize, pages }
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Rows on pages of the log to which no way leads, because the page that names theirs was the one that changed: each such
 * page is put in the place of the table's first one, and then is the whole table.
 */
function* readLooseRows(damaged: string, log: string, copy: string): Iterable<QueueRow> {
  const { pageSize, pages } = makeReadable(damaged, log, copy)
  const root = attempt(() => {
    using database = new Database(copy, { readonly: true })
    const first = database.query<{ rootpage: number }, []>(`SELECT rootpage FROM sqlite_schema WHERE name = 'actions'`)
    return first.get()?.rootpage
  })
  if (root === undefined) return
  const latest = new Map(pages.map(({ pageNumber, bytes }) => [pageNumber, bytes]))
  for (const [pageNumber, bytes] of latest)
    if (pageNumber > 1 && bytes[0] === tableLeafMark) {
      replacePage(copy, (root - 1) * pageSize, bytes)
      yield* readWholeTable(copy)
    }
}

/** The first byte of a page with rows; the first page of a file begins with the file's own header. */
const tableLeafMark = 13

function replacePage(file: string, at: number, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'r+')
  try {
    writeSync(descriptor, bytes, 0, bytes.length, at)
  } finally {
    closeSync(descriptor)
  }
}

/** Up to the first row that cannot be read. The page may be one of another table, or an old one: the checksum says. */
function readWholeTable(file: string): readonly QueueRow[] {
  const found: QueueRow[] = []
  attempt(() => {
    using database = new Database(file, { readonly: true })
    for (const row of database.query<QueueRow, []>('SELECT * FROM actions NOT INDEXED').iterate())
      if (row.checksum !== null && isBelievable(row)) found.push(row)
  })
  return found
}

const pageSizeDefault = 4_096

function readPageSize(descriptor: number): number {
  const header = Buffer.alloc(2)
  readSync(descriptor, header, 0, 2, 16)
  const size = header.readUInt16BE(0) === 1 ? 65_536 : header.readUInt16BE(0)
  return size >= 512 && (size & (size - 1)) === 0 ? size : pageSizeDefault
}

/** From the table and from the index, from both ends: each way comes as far as the first page that cannot be read. */
function listSequences(database: Database): readonly number[] {
  const found = new Set<number>()
  for (const from of ['actions NOT INDEXED', 'actions INDEXED BY sqlite_autoindex_actions_1'])
    for (const order of ['ASC', 'DESC'])
      attempt(() => {
        const by = from.endsWith('NOT INDEXED') ? 'sequence' : 'action_id'
        const rows = database.query<{ sequence: number }, []>(`SELECT sequence FROM ${from} ORDER BY ${by} ${order}`)
        for (const { sequence } of rows.iterate()) found.add(sequence)
      })
  return [...found].sort((a, b) => a - b)
}

function isBelievable(row: QueueRow): boolean {
  if (row.checksum != null) return row.checksum === checksumOf(row)
  return row.refusal !== null || tryParseJson(row.body) !== undefined
}

/** What cannot be read is not there. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
