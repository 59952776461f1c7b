/**
 * Looks at every event, stream and index of a store's file and says what is wrong with them, by name.
 *
 * Promises: damage of any kind ends in findings, not in an exception; nothing in the file is changed. No finding means
 * that every event reads as it was written, and that streams, heads and indexes agree with the events.
 * Needs a store nobody has open (`already-running` otherwise): stop the server, or make a backup and verify that.
 *
 *   const { findingCount, findings } = await verifyStore('events.db')
 */
import { constants, Database, SQLiteError } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { formatVersion, tables } from '../storage/sqlite-schema.ts'
import { type Finding, Findings } from './findings.ts'
import { verifyEvents } from './verify-events.ts'
import { verifyIndexes } from './verify-indexes.ts'
import { verifyStreams } from './verify-streams.ts'

export type VerifyOptions = {
  readonly onProgress?: (progress: VerifyProgress) => void
  readonly signal?: AbortSignal
  /** How many findings are kept; all are counted. */
  readonly findingCountMax?: number
}

export type VerifyProgress = {
  readonly phase: 'events' | 'streams' | 'indexes' | 'pages'
  /** Of the whole log, by position; 1 when there is nothing to divide. */
  readonly fraction: number
  readonly eventCount: number
  readonly streamCount: number
}

export type Verification = {
  readonly eventCount: number
  readonly streamCount: number
  readonly lastPosition: number
  readonly findingCount: number
  readonly findings: readonly Finding[]
}

const findingCountMaxDefault = 1_000

export async function verifyStore(file: string, options: VerifyOptions = {}): Promise<Verification> {
  if (!existsSync(file)) throw new PlatformError('not-found', `There is no store ${file}. Check the name.`)
  const findings = new Findings(options.findingCountMax ?? findingCountMaxDefault)
  const counts = { eventCount: 0, streamCount: 0, lastPosition: 0 }
  let database: Database | undefined
  try {
    database = new Database(file, constants.SQLITE_OPEN_READONLY)
    if (isStore(database, findings)) await verifyAll(database, findings, counts, options)
  } catch (error) {
    throwUnlessDamage(error, file)
    findings.add({ kind: 'damaged-file', problem: `The file cannot be read as a store: ${describeError(error)}.` })
  } finally {
    database?.close()
  }
  return { ...counts, findingCount: findings.count, findings: findings.list }
}

type Counts = { eventCount: number; streamCount: number; lastPosition: number }

async function verifyAll(database: Database, findings: Findings, counts: Counts, options: VerifyOptions) {
  const { signal, onProgress } = options
  const end = readEnd(database)
  const tell = (phase: VerifyProgress['phase'], fraction: number) =>
    onProgress?.({ phase, fraction, eventCount: counts.eventCount, streamCount: counts.streamCount })
  await verifyEvents({
    database,
    findings,
    signal,
    onEvents: (eventCount, position) => {
      Object.assign(counts, { eventCount, lastPosition: position })
      tell('events', end > 0 ? Math.min(1, position / end) : 1)
    },
  })
  await verifyPart(findings, async () => {
    await verifyStreams({
      database,
      findings,
      signal,
      onStreams: (streamCount) => {
        counts.streamCount = streamCount
        tell('streams', 1)
      },
    })
  })
  tell('indexes', 1)
  await verifyIndexes({ database, findings, signal })
  tell('pages', 1)
  await verifyPart(findings, () => verifyPages(database, findings))
}

/** What stops one part must not keep the others from being looked at. */
async function verifyPart(findings: Findings, work: () => void | Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof SQLiteError)) throw error
    findings.add({ kind: 'damaged-file', problem: `A part of the file cannot be read: ${describeError(error)}.` })
  }
}

/** SQLite's own look at the structure of its pages. */
function verifyPages(database: Database, findings: Findings): void {
  for (const [line] of database.query('PRAGMA integrity_check(100)').values())
    if (line !== 'ok') findings.add({ kind: 'damaged-file', problem: String(line) })
}

function isStore(database: Database, findings: Findings): boolean {
  const format = Number(database.query('PRAGMA user_version').values()[0]?.[0])
  if (format !== formatVersion) {
    const problem = `The file has format ${format}, this program verifies ${formatVersion}. A newer server brings an older file up when it opens it.`
    findings.add({ kind: 'damaged-file', problem })
    return false
  }
  const found = readSchema(database)
  const wanted = readSchema(createEmpty())
  const differing = [...wanted].filter(([name, sql]) => found.get(name) !== sql).map(([name]) => name)
  for (const name of differing) findings.add({ kind: 'damaged-file', problem: `The definition of ${name} is damaged.` })
  return differing.length === 0
}

function createEmpty(): Database {
  const database = new Database(':memory:')
  database.run(tables)
  return database
}

/** Without spacing: a table that came from an older format is written differently and is the same. */
function readSchema(database: Database): Map<string, string> {
  const rows = database.query('SELECT type, name, tbl_name, sql FROM sqlite_master').values()
  return new Map(
    rows.map(([type, name, table, sql]) => [`${type} ${name}`, `${table} ${String(sql).replace(/\s+/g, ' ')}`]),
  )
}

function readEnd(database: Database): number {
  try {
    return Number(database.query('SELECT max(position) FROM events').values()[0]?.[0] ?? 0)
  } catch {
    return 0
  }
}

function throwUnlessDamage(error: unknown, file: string): void {
  if (!(error instanceof SQLiteError)) throw error
  const facts = { file, code: error.code ?? String(error.errno) }
  if (error.code?.startsWith('SQLITE_BUSY'))
    throw new PlatformError(
      'already-running',
      `A server has ${file} open. Stop it, or make a backup and verify that.`,
      { facts, cause: error },
    )
  if (error.code?.startsWith('SQLITE_CANTOPEN'))
    throw new PlatformError('unavailable', `${file} cannot be opened: ${error.message}. Check the rights to it.`, {
      facts,
      cause: error,
    })
}
