import { type Database, SQLiteError, type SQLQueryBindings, type Statement } from 'bun:sqlite'
import { statSync } from 'node:fs'
import { PlatformError } from '#kernel/platform-error.ts'
import { passBy, type ReachStep } from '../step.ts'
import { type Backlog, type BacklogLimits, defaultBacklog, indexBytesEach, indexPiece } from './backlog.ts'
import { EventPage, type EventRow, toChecksum } from './event-page.ts'
import { type Durability, openSqliteDatabase, toOpeningError } from './sqlite-database.ts'
import { type StatementName, statements } from './sqlite-schema.ts'
import { SqliteUpkeep } from './sqlite-upkeep.ts'
import {
  type AllRange,
  type CheckpointNeed,
  type NewStoredEvent,
  type Storage,
  type StorageWriter,
  type StoredEvent,
  type StoredStream,
  type StreamRange,
  sameKeyMax,
} from './storage.ts'
import { type EventToIndex, UnindexedEvents } from './unindexed-events.ts'

/** Every commit also rewrites the page it begins on and those above it. An estimate: it decides when a checkpoint is due. */
const commitOverheadBytes = 6_144

/** While the store is copied nothing is moved out of the log: beyond this the copy has to go. */
const defaultCopyLogBytesMax = 1_073_741_824

type StreamRow = {
  id: number
  name: string
  revision_floor: number
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
  readonly backlog?: BacklogLimits
  /** How long the write-ahead log may become while the store is copied. */
  readonly copyLogBytesMax?: number
}

/** `Storage` in one SQLite file: write-ahead log, one owner, one transaction a group of appends. */
export class SqliteStorage implements Storage, StorageWriter {
  private readonly database: Database
  private readonly reach: ReachStep
  readonly upkeep: SqliteUpkeep
  private readonly prepared: Record<StatementName, Statement<unknown, SQLQueryBindings[]>>
  private readonly backlog: BacklogLimits
  private readonly copyLogBytesMax: number
  private readonly unindexed = new UnindexedEvents()
  private failure: PlatformError | undefined
  private lastCommitted: number
  private lastInserted: number
  private indexedThrough: number
  private nextId: number
  private pendingBytes = 0
  private lookedAtBytes = 0

  constructor(options: SqliteStorageOptions) {
    this.reach = options.onStep ?? passBy
    this.backlog = options.backlog ?? defaultBacklog
    this.copyLogBytesMax = options.copyLogBytesMax ?? defaultCopyLogBytesMax
    this.database = openSqliteDatabase(options.file, options.durability ?? 'full')
    const names = Object.keys(statements) as StatementName[]
    this.prepared = Object.fromEntries(
      names.map((name) => [name, this.database.prepare(statements[name])]),
    ) as typeof this.prepared
    this.upkeep = new SqliteUpkeep(this.database, this.reach)
    if (options.sizeBytesMax !== undefined) this.limitSize(options.sizeBytesMax)
    // What a crash has left there counts too, or many crashes would let the log grow without end.
    this.pendingBytes = this.readLogBytes()
    try {
      this.indexedThrough = this.readNumber('indexProgress') ?? 0
      this.loadUnindexed()
      this.lastCommitted = this.lastInserted = Math.max(this.indexedThrough, this.readNumber('lastPosition') ?? 0)
      this.nextId = 1 + (this.readNumber('lastStreamId') ?? 0)
    } catch (error) {
      this.close()
      throw toOpeningError(error, options.file)
    }
  }

  get lastPosition(): number {
    return this.lastCommitted
  }

  get nextStreamId(): number {
    return this.nextId
  }

  get checkpointNeed(): CheckpointNeed {
    if (this.exceeds(this.backlog.overdue)) return 'overdue'
    return this.exceeds(this.backlog.worthwhile) ? 'worthwhile' : 'none'
  }

  commit(work: (writer: StorageWriter) => void): void {
    const [bytesBefore, idBefore, unindexedBefore] = [this.pendingBytes, this.nextId, this.unindexed.count]
    try {
      this.transact('append', () => work(this))
      if (this.lastInserted !== this.lastCommitted) this.pendingBytes += commitOverheadBytes
      this.lastCommitted = this.lastInserted
    } catch (error) {
      this.lastInserted = this.lastCommitted
      this.unindexed.truncate(unindexedBefore)
      this.pendingBytes = bytesBefore
      this.nextId = idBefore
      throw error
    }
  }

  insertEvent(event: NewStoredEvent): void {
    const { position, streamId, revision, eventKey, record } = event
    this.prepared.insertEvent.run(position, streamId, revision, eventKey, toChecksum(record), record)
    this.unindexed.add(event)
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
    return this.collect(new EventPage(), this.prepared.readLast, []).events[0]
  }

  findStream(name: string): StoredStream | undefined {
    const row = this.prepared.findStream.get(name) as StreamRow | null
    if (!row) return undefined
    return {
      id: row.id,
      name: row.name,
      revision: Math.max(row.revision_floor, this.findHead(row.id)),
      truncateBefore: row.truncate_before,
      maxCount: row.max_count ?? undefined,
      maxAgeSeconds: row.max_age_seconds ?? undefined,
      isTombstoned: row.is_tombstoned === 1,
    }
  }

  readAll(range: AllRange): StoredEvent[] {
    const { direction, after, before, eventCountMax } = range
    const statement = direction === 'forwards' ? this.prepared.readAllForwards : this.prepared.readAllBackwards
    return this.collect(new EventPage(range), statement, [after, before, eventCountMax]).events
  }

  /** What is not indexed yet is newer than all that is. */
  readStream(range: StreamRange): StoredEvent[] {
    const { direction, streamId, first, last, eventCountMax } = range
    const page = new EventPage(range)
    const newest = this.unindexed.positionsIn(range)
    if (direction === 'forwards') {
      this.collect(page, this.prepared.readStreamForwards, [streamId, first, last, eventCountMax])
      this.collectAt(page, newest)
    } else {
      this.collectAt(page, newest)
      if (!page.isFull) this.collect(page, this.prepared.readStreamBackwards, [streamId, first, last, page.room])
    }
    return page.events
  }

  findByEventKey(streamId: number, eventKey: number): StoredEvent[] {
    const page = new EventPage()
    const newest = this.unindexed.positionsWithKey(streamId, eventKey, sameKeyMax)
    // Asked for every append that names no revision, and mostly in vain: no join, and no look at all where none can be.
    if (newest.length < sameKeyMax && !this.unindexed.hasWholeStream(streamId)) {
      const older = this.prepared.positionsWithKey.values(streamId, eventKey, sameKeyMax - newest.length)
      this.collectAt(page, older.map(([position]) => Number(position)).reverse())
    }
    this.collectAt(page, newest)
    return page.events
  }

  /** Indexing may fail for want of room; the log must be moved all the same, or it grows with every append. */
  checkpoint(): void {
    const { worthwhile, overdue } = this.backlog
    const isLogOverdue = this.waitingLogBytes > overdue.logBytes
    if (isLogOverdue || this.unindexed.count <= worthwhile.unindexedEvents) return this.moveLog()
    try {
      this.indexOldest(indexPiece(this.backlog, this.unindexed.count))
    } catch (error) {
      this.moveLog()
      throw error
    }
  }

  indexEvents(): void {
    this.indexOldest(this.unindexed.count)
  }

  private indexOldest(count: number): void {
    const through = this.unindexed.lastOfOldest(count)
    if (through === undefined) return
    this.transact('index', () => {
      this.prepared.indexRevisions.run(this.indexedThrough, through)
      this.prepared.indexEventKeys.run(this.indexedThrough, through)
      this.prepared.saveIndexProgress.run(through)
    })
    this.indexedThrough = through
    this.unindexed.removeOldest(count)
    this.pendingBytes += count * indexBytesEach
  }

  close(): void {
    for (const statement of Object.values(this.prepared)) statement.finalize()
    this.upkeep.finalize()
    this.emptyLog()
    this.database.close()
    this.upkeep.close()
  }

  private transact(kind: 'append' | 'index', work: () => void): void {
    if (this.failure) throw this.failure
    try {
      this.prepared.begin.run()
      this.reach(`${kind}:begun`)
      work()
      this.reach(`${kind}:inserted`)
      this.prepared.commit.run()
      this.reach(`${kind}:committed`)
    } catch (error) {
      if (this.database.inTransaction) this.database.run('ROLLBACK')
      throw this.toWritingError(error)
    }
  }

  private moveLog(): void {
    if (this.upkeep.holdsCheckpoints) {
      this.lookedAtBytes = this.pendingBytes
      if (this.readLogBytes() > this.copyLogBytesMax)
        this.upkeep.giveUpCopy(`${this.copyLogBytesMax} bytes were appended meanwhile. Try again when less is appended`)
      return
    }
    this.reach('checkpoint:begun')
    this.prepared.checkpoint.get()
    this.reach('checkpoint:done')
    this.pendingBytes = 0
    this.lookedAtBytes = 0
  }

  /** On a full disk the log stays beside the file, and the next opening reads it: no reason not to close. */
  private emptyLog(): void {
    try {
      this.database.run('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch (error) {
      if (!(error instanceof SQLiteError)) throw error
    }
  }

  private readLogBytes(): number {
    return statSync(`${this.upkeep.file}-wal`, { throwIfNoEntry: false })?.size ?? 0
  }

  private exceeds({ logBytes, unindexedEvents }: Backlog): boolean {
    return this.waitingLogBytes > logBytes || this.unindexed.count > unindexedEvents
  }

  /** While the store is copied the log stays, and is looked at again when it has grown by as much once more. */
  private get waitingLogBytes(): number {
    return this.upkeep.holdsCheckpoints ? this.pendingBytes - this.lookedAtBytes : this.pendingBytes
  }

  private findHead(streamId: number): number {
    return this.unindexed.findHead(streamId) ?? this.readNumber('findHead', streamId) ?? -1
  }

  private loadUnindexed(): void {
    for (const event of this.prepared.eventsToIndex.iterate(this.indexedThrough) as IterableIterator<EventToIndex>)
      this.unindexed.add(event)
  }

  private readNumber(name: StatementName, ...bindings: number[]): number | undefined {
    const value = this.prepared[name].values(...bindings)[0]?.[0]
    return value === null || value === undefined ? undefined : Number(value)
  }

  private collect(
    page: EventPage,
    statement: Statement<unknown, SQLQueryBindings[]>,
    bindings: SQLQueryBindings[],
  ): EventPage {
    for (const row of statement.iterate(...bindings) as IterableIterator<EventRow>) {
      page.add(row)
      if (page.isFull) break
    }
    return page
  }

  private collectAt(page: EventPage, positions: readonly number[]): void {
    for (const position of positions) {
      if (page.isFull) return
      const row = this.prepared.readAt.get(position) as EventRow | null
      if (row) page.add(row)
    }
  }

  /** A full disk refuses and goes on; after any other failed write nobody knows what the disk holds, so appending stops. */
  private toWritingError(error: unknown): unknown {
    if (!(error instanceof SQLiteError)) return error
    const facts = { code: error.code ?? String(error.errno) }
    if (error.code === 'SQLITE_FULL') {
      this.upkeep.giveUpCopy('the disk is full. Free space and try again')
      const words =
        'The disk is full; the append was refused and nothing acknowledged is lost. Free space and append again.'
      return new PlatformError('disk-full', words, { facts, cause: error })
    }
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
