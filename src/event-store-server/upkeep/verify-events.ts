/**
 * Walks the log in position order and checks every event by itself: its checksum, and its row against what the record
 * says of itself. Where pages cannot be read it names the range that is lost and goes on behind it.
 */
import type { Database, Statement } from 'bun:sqlite'
import { describeError } from '#kernel/platform-error.ts'
import { toChecksum } from '../storage/event-page.ts'
import { type EventHeader, readEventHeader, readPosition, toEventKey } from '../streams/event-record.ts'
import { nextTurn } from '../streams/read-sink.ts'
import type { Findings } from './findings.ts'
import { findReadableKey } from './readable-keys.ts'

export type EventsWalk = {
  readonly database: Database
  readonly findings: Findings
  /** Called after each page. */
  readonly onEvents: (eventCount: number, position: number) => void
  readonly signal: AbortSignal | undefined
}

type Place = { position: number; stream_id: number; revision: number; event_key: number }
type Row = Place & { checksum: number; record: Uint8Array }

const pageEvents = 256
const placeColumns = 'position, stream_id, revision, event_key'

export async function verifyEvents({ database, findings, onEvents, signal }: EventsWalk): Promise<void> {
  const checker = new EventChecker(database, findings)
  const reader = new EventReader(database)
  let after = -1
  let eventCount = 0
  while (true) {
    signal?.throwIfAborted()
    const page = reader.read(after)
    if (page.kind === 'end') return
    if (page.kind === 'unreadable') {
      const next = reader.findNext(after)
      const before = next ?? Number.MAX_SAFE_INTEGER
      findings.add({ kind: 'lost-range', problem: page.problem, lost: { after, before } })
      if (next === undefined) return
      after = next - 1
      continue
    }
    for (const row of page.rows) {
      checker.check(row, after)
      after = Math.max(after, row.position)
    }
    eventCount += page.rows.length
    onEvents(eventCount, after)
    await nextTurn()
  }
}

type ReadPage =
  | { readonly kind: 'events'; readonly rows: readonly (Row | (Place & { readonly unreadable: string }))[] }
  | { readonly kind: 'unreadable'; readonly problem: string }
  | { readonly kind: 'end' }

/** Reads a page; when that fails one event; when that fails what its row says without the record. */
class EventReader {
  private readonly rows: Statement
  private readonly place: Statement

  constructor(database: Database) {
    const from = 'FROM events NOT INDEXED WHERE position > ? ORDER BY position LIMIT ?'
    this.rows = database.query(`SELECT ${placeColumns}, checksum, record ${from}`)
    this.place = database.query(`SELECT ${placeColumns} ${from}`)
  }

  read(after: number): ReadPage {
    const page = this.readRows(after, pageEvents)
    return page.kind === 'unreadable' ? this.readOne(after) : page
  }

  findNext(after: number): number | undefined {
    return findReadableKey(after + 1, (key) => this.readOne(key - 1).kind !== 'unreadable')
  }

  private readOne(after: number): ReadPage {
    const one = this.readRows(after, 1)
    if (one.kind !== 'unreadable') return one
    try {
      const place = this.place.get(after, 1) as Place
      return place.position > after ? { kind: 'events', rows: [{ ...place, unreadable: one.problem }] } : one
    } catch {
      return one
    }
  }

  private readRows(after: number, countMax: number): ReadPage {
    try {
      const rows = this.rows.all(after, countMax) as Row[]
      if (rows.length === 0) return { kind: 'end' }
      const last = rows.at(-1)?.position ?? after
      if (!(last > after)) return { kind: 'unreadable', problem: 'The pages of the log are out of order.' }
      return { kind: 'events', rows }
    } catch (error) {
      return { kind: 'unreadable', problem: `A part of the log cannot be read: ${describeError(error)}.` }
    }
  }
}

/** A row of any shape: a flipped bit can make text of a number. */
class EventChecker {
  private readonly findings: Findings
  private readonly nameOf: (streamId: number) => string | undefined

  constructor(database: Database, findings: Findings) {
    this.findings = findings
    this.nameOf = createNameLookup(database)
  }

  check(row: Row | (Place & { unreadable: string }), after: number): void {
    for (const problem of this.problemsOf(row, after)) this.report(row, problem)
  }

  private problemsOf(row: Row | (Place & { unreadable: string }), after: number): string[] {
    const growing = row.position > after ? [] : [`Its position does not follow ${after}.`]
    if ('unreadable' in row) return [...growing, row.unreadable]
    if (!(row.record instanceof Uint8Array)) return [...growing, 'Its record is no bytes.']
    if (toChecksum(row.record) !== row.checksum) return [...growing, 'Its record does not match its checksum.']
    return [...growing, ...this.disagreements(row)]
  }

  private disagreements(row: Row): string[] {
    const record = toBuffer(row.record)
    const header = readEventHeader(record)
    const wanted = {
      position: readPosition(record),
      revision: header.revision,
      event_key: toEventKey(header.id),
      stream: header.streamName,
    }
    const found = { ...row, stream: this.nameOf(row.stream_id) }
    return (['position', 'revision', 'event_key', 'stream'] as const)
      .filter((column) => found[column] !== wanted[column])
      .map((column) => `Its row says ${column} ${found[column]}, its record ${wanted[column]}.`)
  }

  private report(row: Row | (Place & { unreadable: string }), problem: string): void {
    const header = 'record' in row ? tryReadHeader(row.record) : undefined
    const streamName = this.nameOf(row.stream_id) ?? header?.streamName
    this.findings.add({
      kind: 'damaged-event',
      problem,
      position: row.position,
      revision: row.revision,
      ...(streamName === undefined ? {} : { streamName }),
      ...(header === undefined ? {} : { eventType: header.type }),
    })
  }
}

const cachedNamesMax = 50_000

function createNameLookup(database: Database): (streamId: number) => string | undefined {
  const statement = database.query('SELECT name FROM streams WHERE id = ?')
  const known = new Map<number, string | undefined>()
  return (streamId) => {
    if (known.has(streamId)) return known.get(streamId)
    if (known.size >= cachedNamesMax) known.clear()
    const name = tryGet(() => (statement.get(streamId) as { name: string } | null)?.name)
    known.set(streamId, name)
    return name
  }
}

/** What a damaged record still says, when it says anything. */
function tryReadHeader(record: Uint8Array): EventHeader | undefined {
  return tryGet(() => readEventHeader(toBuffer(record)))
}

function tryGet<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
