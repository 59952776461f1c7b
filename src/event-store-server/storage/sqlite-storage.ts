import { type Database, SQLiteError, type SQLQueryBindings, type Statement } from 'bun:sqlite'
import { PlatformError } from '#kernel/platform-error.ts'
import { passBy, type ReachStep } from '../step.ts'
import { type Durability, openSqliteDatabase } from './sqlite-database.ts'
import { type StatementName, statements } from './sqlite-schema.ts'
import { SqliteUpkeep } from './sqlite-upkeep.ts'
import type {
  AllRange,
  NewStoredEvent,
  Storage,
  StorageWriter,
  StoredEvent,
  StoredStream,
  StreamRange,
} from './storage.ts'

/** Every commit also writes the pages of the trees it touched. An estimate, for deciding when a checkpoint is due. */
const commitOverheadBytes = 20_480

type Row = { position: number; checksum: number; record: Uint8Array }
type StreamRow = {
  id: number
  name: string
  revision: number
  truncate_before: number
  max_count: number | null
  max_age_seconds: number | null
  is_tombstoned: number
}

export type SqliteStorageOptions = {
  readonly file: string
  readonly durability?: Durability
  /** Appends beyond this size are refused as if the disk were full. */
  readonly sizeBytesMax?: number
  readonly onStep?: ReachStep
}

/** `Storage` in one SQLite file: write-ahead log, one owner, one transaction a group of appends. */
export class SqliteStorage implements Storage, StorageWriter {
  private readonly database: Database
  private readonly reach: ReachStep
  readonly upkeep: SqliteUpkeep
  private readonly prepared: Record<StatementName, Statement<unknown, SQLQueryBindings[]>>
  private failure: PlatformError | undefined
  private lastCommitted: number
  private lastInserted: number
  private nextId: number
  private pendingBytes = 0

  constructor(options: SqliteStorageOptions) {
    this.reach = options.onStep ?? passBy
    this.database = openSqliteDatabase(options.file, options.durability ?? 'full')
    const names = Object.keys(statements) as StatementName[]
    this.prepared = Object.fromEntries(
      names.map((name) => [name, this.database.prepare(statements[name])]),
    ) as typeof this.prepared
    this.upkeep = new SqliteUpkeep(this.database, this.reach)
    if (options.sizeBytesMax !== undefined) this.limitSize(options.sizeBytesMax)
    this.lastCommitted = this.lastInserted = this.readLast()?.position ?? 0
    this.nextId = 1 + Number(this.prepared.lastStreamId.values()[0]?.[0] ?? 0)
  }

  get lastPosition(): number {
    return this.lastCommitted
  }

  get nextStreamId(): number {
    return this.nextId
  }

  get uncheckpointedBytes(): number {
    return this.pendingBytes
  }

  commit(work: (writer: StorageWriter) => void): void {
    if (this.failure) throw this.failure
    const [bytesBefore, idBefore] = [this.pendingBytes, this.nextId]
    try {
      this.database.run('BEGIN IMMEDIATE')
      this.reach('append:begun')
      work(this)
      this.reach('append:inserted')
      this.database.run('COMMIT')
      this.reach('append:committed')
      if (this.lastInserted !== this.lastCommitted) this.pendingBytes += commitOverheadBytes
      this.lastCommitted = this.lastInserted
    } catch (error) {
      if (this.database.inTransaction) this.database.run('ROLLBACK')
      this.lastInserted = this.lastCommitted
      this.pendingBytes = bytesBefore
      this.nextId = idBefore
      throw this.toWritingError(error)
    }
  }

  insertEvent({ position, streamId, revision, eventKey, record }: NewStoredEvent): void {
    this.prepared.insertEvent.run(position, streamId, revision, eventKey, Bun.hash.crc32(record), record)
    this.lastInserted = position
    this.pendingBytes += record.length
  }

  saveStream(stream: StoredStream): void {
    this.prepared.saveStream.run(
      stream.id,
      stream.name,
      stream.revision,
      stream.truncateBefore,
      stream.maxCount ?? null,
      stream.maxAgeSeconds ?? null,
      stream.isTombstoned ? 1 : 0,
    )
    if (stream.id >= this.nextId) this.nextId = stream.id + 1
  }

  readLast(): StoredEvent | undefined {
    return this.collect(this.prepared.readLast, [], Number.POSITIVE_INFINITY)[0]
  }

  findStream(name: string): StoredStream | undefined {
    const row = this.prepared.findStream.get(name) as StreamRow | null
    if (!row) return undefined
    return {
      id: row.id,
      name: row.name,
      revision: row.revision,
      truncateBefore: row.truncate_before,
      maxCount: row.max_count ?? undefined,
      maxAgeSeconds: row.max_age_seconds ?? undefined,
      isTombstoned: row.is_tombstoned === 1,
    }
  }

  readAll({ direction, after, before, eventCountMax, sizeBytesMax }: AllRange): StoredEvent[] {
    const statement = direction === 'forwards' ? this.prepared.readAllForwards : this.prepared.readAllBackwards
    return this.collect(statement, [after, before, eventCountMax], sizeBytesMax)
  }

  readStream({ direction, streamId, first, last, eventCountMax, sizeBytesMax }: StreamRange): StoredEvent[] {
    const statement = direction === 'forwards' ? this.prepared.readStreamForwards : this.prepared.readStreamBackwards
    return this.collect(statement, [streamId, first, last, eventCountMax], sizeBytesMax)
  }

  findByEventKey(streamId: number, eventKey: number): StoredEvent[] {
    return this.collect(this.prepared.findByEventKey, [streamId, eventKey], Number.POSITIVE_INFINITY)
  }

  checkpoint(): void {
    if (this.upkeep.holdsCheckpoints) return
    this.reach('checkpoint:begun')
    this.database.query('PRAGMA wal_checkpoint(PASSIVE)').get()
    this.reach('checkpoint:done')
    this.pendingBytes = 0
  }

  close(): void {
    for (const statement of Object.values(this.prepared)) statement.finalize()
    this.upkeep.finalize()
    this.database.run('PRAGMA wal_checkpoint(TRUNCATE)')
    this.database.close()
    this.upkeep.close()
  }

  /** Rows until the page is full; the row that fills it is included, so that a page always makes progress. */
  private collect(
    statement: Statement<unknown, SQLQueryBindings[]>,
    bindings: SQLQueryBindings[],
    sizeBytesMax: number,
  ): StoredEvent[] {
    const page: StoredEvent[] = []
    let size = 0
    for (const row of statement.iterate(...bindings) as IterableIterator<Row>) {
      page.push({ position: row.position, record: this.verify(row) })
      size += row.record.length
      if (size >= sizeBytesMax) break
    }
    return page
  }

  private verify({ position, checksum, record }: Row): Buffer {
    if (Bun.hash.crc32(record) !== checksum)
      throw new PlatformError(
        'store-damaged',
        `The event at position ${position} does not match its checksum. Restore the store from a backup.`,
        {
          facts: { position },
        },
      )
    return Buffer.from(record.buffer, record.byteOffset, record.byteLength)
  }

  /** A full disk refuses and goes on; after any other failed write nobody knows what the disk holds, so appending stops. */
  private toWritingError(error: unknown): unknown {
    if (!(error instanceof SQLiteError)) return error
    const facts = { code: error.code ?? String(error.errno) }
    if (error.code === 'SQLITE_FULL')
      return new PlatformError(
        'disk-full',
        'The disk is full; the append was refused and nothing acknowledged is lost. Free space and append again.',
        {
          facts,
          cause: error,
        },
      )
    this.failure = new PlatformError(
      'unavailable',
      `Writing failed (${error.message}); no more appends until the server is started again.`,
      {
        facts,
        cause: error,
      },
    )
    return this.failure
  }

  private limitSize(sizeBytesMax: number): void {
    const pageSize = Number(this.database.query('PRAGMA page_size').values()[0]?.[0] ?? 4_096)
    this.database.run(`PRAGMA max_page_count = ${Math.max(1, Math.floor(sizeBytesMax / pageSize))}`)
  }
}
