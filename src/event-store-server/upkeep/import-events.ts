/**
 * Reads lines of JSON (see `event-lines.ts`) into a store, in the order they come.
 *
 * Keeps: ids, types, content types, data, metadata, the order of the whole, and revisions in streams the store does not
 * have yet. Cannot keep: positions and the times of creation, which are of this store and this moment (so `$maxAge`
 * counts from the import); the id of a tombstone; revisions in streams that have events already (`movedCount` says how many
 * events got another, and a `$tb` among the imported metadata then means other events); a second event of the same id
 * in one stream.
 *
 * Promises: an event whose id its stream has is left out, so an import that was cut off is simply run again. A bad line is
 * reported with its number and left out; nothing else is affected by it.
 *
 *   await importFile('events.db', { pieces: Bun.file('events.ndjson').stream() })
 */
import type { Log } from '#kernel/log.ts'
import { silentLog } from '#kernel/log.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { EventLog } from '../streams/event-log.ts'
import { readEventHeader, toEventKey } from '../streams/event-record.ts'
import type { LogOutcome } from '../streams/log-request.ts'
import { isMetadataStream } from '../streams/stream-metadata.ts'
import { type EventLine, parseEventLine } from './event-lines.ts'
import { splitLines } from './text-lines.ts'

export type ImportOptions = {
  readonly pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  readonly onProgress?: (progress: ImportResult) => void
  readonly signal?: AbortSignal
}

export type BadLine = { readonly line: number; readonly problem: string }

export type ImportResult = {
  readonly lineCount: number
  readonly importedCount: number
  /** Were there already. */
  readonly repeatedCount: number
  /** Got another revision than the one in the line. */
  readonly movedCount: number
  readonly badLineCount: number
  /** The first of them. */
  readonly badLines: readonly BadLine[]
}

const groupLines = 512
const groupCharactersMax = 4_194_304
const badLinesKept = 1_000

export async function importEvents(
  target: { readonly eventLog: EventLog; readonly storage: Storage },
  { pieces, onProgress, signal }: ImportOptions,
): Promise<ImportResult> {
  const importer = new Importer(target.eventLog, target.storage)
  let group: NumberedLine[] = []
  let characters = 0
  const finishGroup = async () => {
    await importer.take(group)
    group = []
    characters = 0
    onProgress?.(importer.result)
  }
  for await (const text of splitLines(pieces)) {
    signal?.throwIfAborted()
    const line = importer.parse(text)
    if (!line) continue
    group.push(line)
    characters += text.length
    if (group.length >= groupLines || characters >= groupCharactersMax) await finishGroup()
  }
  await finishGroup()
  return importer.result
}

/** Into a store nobody has open; it is made when it is not there. */
export async function importFile(file: string, options: ImportOptions & { readonly log?: Log }): Promise<ImportResult> {
  const storage = new SqliteStorage({ file })
  const eventLog = new EventLog({ storage, log: options.log ?? silentLog })
  try {
    return await importEvents({ eventLog, storage }, options)
  } finally {
    eventLog.stop()
    storage.close()
  }
}

type NumberedLine = EventLine & { readonly line: number }

class Importer {
  private readonly eventLog: EventLog
  private readonly storage: Storage
  private readonly badLines: BadLine[] = []
  private readonly counts = { lineCount: 0, importedCount: 0, repeatedCount: 0, movedCount: 0, badLineCount: 0 }

  constructor(eventLog: EventLog, storage: Storage) {
    this.eventLog = eventLog
    this.storage = storage
  }

  get result(): ImportResult {
    return { ...this.counts, badLines: this.badLines }
  }

  parse(text: string): NumberedLine | undefined {
    const line = ++this.counts.lineCount
    if (text.trim() === '') return undefined
    const parsed = parseEventLine(text)
    if (!('problem' in parsed)) return { ...parsed, line }
    this.reject(line, parsed.problem)
    return undefined
  }

  /** Neighbours of one stream become one append; all appends of a group wait for the disk together. */
  async take(group: readonly NumberedLine[]): Promise<void> {
    const runs = toRuns(this.withoutRepeated(group))
    await Promise.all(runs.map((run) => this.append(run)))
  }

  private withoutRepeated(group: readonly NumberedLine[]): NumberedLine[] {
    const seen = new Set<string>()
    return group.filter((line) => {
      const key = `${line.event.id} ${line.streamName}`
      const isRepeated = seen.has(key) || this.isThere(line)
      seen.add(key)
      if (isRepeated) this.counts.repeatedCount++
      return !isRepeated
    })
  }

  private isThere({ streamName, event, isTombstone }: NumberedLine): boolean {
    const stream = this.eventLog.findStream(streamName)
    if (!stream) return false
    if (isTombstone) return stream.isTombstoned
    return this.storage
      .findByEventKey(stream.id, toEventKey(event.id))
      .some(({ record }) => readEventHeader(record).id === event.id)
  }

  private async append(run: readonly NumberedLine[]): Promise<void> {
    const [first] = run
    if (!first) return
    const { streamName } = first
    const events = run.map(({ event }) => event)
    const outcome = await this.eventLog.request(
      first.isTombstone
        ? { kind: 'tombstone', streamName, expected: 'any' }
        : { kind: 'append', streamName, expected: 'any', events, firstRevision: first.revision, isImported: true },
    )
    this.count(run, outcome)
  }

  private count(run: readonly NumberedLine[], outcome: LogOutcome): void {
    if (outcome.kind === 'failed' && outcome.error.kind !== 'bad-input') throw outcome.error
    if (outcome.kind !== 'written') {
      const problem = outcome.kind === 'failed' ? outcome.error.message : `the stream is ${outcome.kind} in this store`
      for (const { line } of run) this.reject(line, problem)
      return
    }
    this.counts.importedCount += run.length
    const firstRevision = outcome.revision - run.length + 1
    for (const [index, { revision, isTombstone }] of run.entries())
      if (!isTombstone && revision !== undefined && revision !== firstRevision + index) this.counts.movedCount++
  }

  private reject(line: number, problem: string): void {
    this.counts.badLineCount++
    if (this.badLines.length < badLinesKept) this.badLines.push({ line, problem })
  }
}

function toRuns(lines: readonly NumberedLine[]): NumberedLine[][] {
  const runs: NumberedLine[][] = []
  for (const line of lines) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    if (run && last && isContinuedBy(last, line)) run.push(line)
    else runs.push([line])
  }
  return runs
}

/** Of metadata that are appended together only the last would take effect: each is appended by itself. */
function isContinuedBy(last: NumberedLine, line: NumberedLine): boolean {
  return (
    last.streamName === line.streamName && !last.isTombstone && !line.isTombstone && !isMetadataStream(line.streamName)
  )
}
