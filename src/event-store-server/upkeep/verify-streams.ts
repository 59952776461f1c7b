/**
 * Checks every stream: that its revisions run without a gap from the first that is left to the last, that their positions
 * grow, and that what its row keeps from its metadata and its end is what they say.
 */
import type { Database, Statement } from 'bun:sqlite'
import { describeError } from '#kernel/platform-error.ts'
import { endOfRevisions } from '../storage/storage.ts'
import { readEventData, readEventHeader } from '../streams/event-record.ts'
import { nextTurn } from '../streams/read-sink.ts'
import { fromMetadataStream, isMetadataStream, parseVisibility, toMetadataStream } from '../streams/stream-metadata.ts'
import type { Findings } from './findings.ts'
import { findReadableKey } from './readable-keys.ts'

export type StreamsWalk = {
  readonly database: Database
  readonly findings: Findings
  readonly onStreams: (streamCount: number) => void
  readonly signal: AbortSignal | undefined
}

type Row = {
  id: number
  name: string
  revision_floor: number
  truncate_before: number
  max_count: number | null
  max_age_seconds: number | null
  is_tombstoned: number
}

/** What a stream's events say, in the order of their revisions. */
type Course = { last: number; lastPosition: number; hasTombstone: boolean; problem: string | undefined }

const pageStreams = 256
const pagePlaces = 4_096

export async function verifyStreams({ database, findings, onStreams, signal }: StreamsWalk): Promise<number> {
  const checker = new StreamChecker(database, findings)
  const read = createRowReader(database)
  let after = -1
  let streamCount = 0
  while (true) {
    signal?.throwIfAborted()
    const page = read(after, pageStreams) ?? read(after, 1)
    if (page === undefined) {
      const next = findReadableKey(after + 1, (id) => read(id - 1, 1) !== undefined)
      findings.add({ kind: 'damaged-file', problem: lostStreams(after, next) })
      if (next === undefined) return streamCount
      after = next - 1
      continue
    }
    for (const row of page) checker.check(row)
    streamCount += page.length
    onStreams(streamCount)
    const last = page.at(-1)
    if (last === undefined) return streamCount
    after = last.id
    await nextTurn()
  }
}

/** Undefined where the rows cannot be read, or come in no order that could be followed. */
function createRowReader(database: Database): (after: number, countMax: number) => Row[] | undefined {
  const rows = database.query('SELECT * FROM streams WHERE id > ? ORDER BY id LIMIT ?')
  return (after, countMax) => {
    try {
      const page = rows.all(after, countMax) as Row[]
      return page.every(({ id }) => id > after) ? page : undefined
    } catch {
      return undefined
    }
  }
}

function lostStreams(after: number, next: number | undefined): string {
  return `The rows of the streams behind id ${after} cannot be read${next === undefined ? '' : `, up to id ${next}`}.`
}

class StreamChecker {
  private readonly findings: Findings
  private readonly places: Statement
  private readonly newest: Map<number, { revision: number; position: number }[]>
  private readonly findByName: Statement
  private readonly recordAt: Statement

  constructor(database: Database, findings: Findings) {
    this.findings = findings
    this.places = database.query(
      'SELECT revision, position FROM events_by_revision WHERE stream_id = ? AND revision > ? ORDER BY revision LIMIT ?',
    )
    this.findByName = database.query('SELECT id, is_tombstoned FROM streams WHERE name = ?')
    this.recordAt = database.query('SELECT record FROM events WHERE position = ?')
    this.newest = readNewest(database)
  }

  check(row: Row): void {
    try {
      for (const problem of this.problemsOf(row)) this.report(row, problem)
    } catch (error) {
      this.report(row, `It cannot be checked: ${describeError(error)}.`)
    }
  }

  private problemsOf(row: Row): string[] {
    const course = this.followCourse(row.id)
    const problems = course.problem === undefined ? [] : [course.problem]
    if ((row.is_tombstoned === 1) !== course.hasTombstone || ![0, 1].includes(row.is_tombstoned))
      problems.push(`Its row says ${row.is_tombstoned} of being tombstoned, its events ${course.hasTombstone}.`)
    const isOver = course.hasTombstone || this.describesTombstoned(row.name)
    if (!isOver) problems.push(...this.problemsOfLiving(row, course))
    return problems
  }

  /** Events missing at the beginning are no problem: a scavenge took them, or an import began behind them. */
  private problemsOfLiving(row: Row, { last }: Course): string[] {
    const problems: string[] = []
    // A damaged row may hold a text there, which compares as a number.
    if (!Number.isSafeInteger(row.revision_floor) || row.revision_floor > last)
      problems.push(`Its row says it had revision ${JSON.stringify(row.revision_floor)}, its last event has ${last}.`)
    const metadata = this.lastMetadata(row.name)
    const { truncateBefore, maxCount, maxAgeSeconds } = parseVisibility(metadata ?? Buffer.alloc(0))
    const wanted = {
      truncate_before: truncateBefore,
      max_count: maxCount ?? null,
      max_age_seconds: maxAgeSeconds ?? null,
    }
    for (const column of ['truncate_before', 'max_count', 'max_age_seconds'] as const)
      if (row[column] !== wanted[column])
        problems.push(`Its row says ${column} ${row[column]}, its metadata ${wanted[column]}.`)
    return problems
  }

  private followCourse(streamId: number): Course {
    const course: Course = { last: -1, lastPosition: -1, hasTombstone: false, problem: undefined }
    for (let after = -1; ; ) {
      const page = this.places.all(streamId, after, pagePlaces) as { revision: number; position: number }[]
      for (const place of page) step(course, place)
      const last = page.at(-1)?.revision ?? after
      if (!(last > after)) break
      after = last
    }
    for (const place of this.newest.get(streamId) ?? []) step(course, place)
    return course
  }

  private lastMetadata(streamName: string): Buffer | undefined {
    const row = this.findByName.get(toMetadataStream(streamName)) as { id: number } | null
    if (!row) return undefined
    const { last, lastPosition } = this.followCourse(row.id)
    if (last < 0) return undefined
    const found = this.recordAt.get(lastPosition) as { record: Uint8Array } | null
    if (!found) throw new Error(`its last metadata, at position ${lastPosition}, is not there`)
    const record = Buffer.from(found.record.buffer, found.record.byteOffset, found.record.byteLength)
    return readEventData(record, readEventHeader(record))
  }

  private describesTombstoned(streamName: string): boolean {
    if (!isMetadataStream(streamName)) return false
    const described = this.findByName.get(fromMetadataStream(streamName)) as { is_tombstoned: number } | null
    return described?.is_tombstoned === 1
  }

  private report(row: Row, problem: string): void {
    this.findings.add({ kind: 'wrong-stream', streamName: String(row.name), problem })
  }
}

function step(course: Course, { revision, position }: { revision: number; position: number }): void {
  if (position <= course.lastPosition)
    course.problem ??= `Revision ${revision} is at position ${position}, before the one that precedes it.`
  if (revision === endOfRevisions) {
    course.hasTombstone = true
    return
  }
  if (course.last >= 0 && revision !== course.last + 1)
    course.problem ??= `Behind revision ${course.last} comes ${revision}: the events between are missing.`
  course.last = revision
  course.lastPosition = position
}

/** Events that are not in the index yet; few, since the server brings it up every some thousand. */
function readNewest(database: Database): Map<number, { revision: number; position: number }[]> {
  const newest = new Map<number, { revision: number; position: number }[]>()
  const rows = database
    .query(
      `SELECT stream_id, revision, position FROM events NOT INDEXED
       WHERE position > (SELECT position FROM index_progress) ORDER BY position`,
    )
    .all() as { stream_id: number; revision: number; position: number }[]
  for (const { stream_id, ...place } of rows) {
    const places = newest.get(stream_id)
    if (places) places.push(place)
    else newest.set(stream_id, [place])
  }
  return newest
}
