/** `StorageUpkeep` on the connection that serves. */
import type { Database, SQLQueryBindings, Statement } from 'bun:sqlite'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { passBy, type ReachStep } from '../step.ts'
import { SqliteCopier } from './sqlite-copier.ts'
import type {
  CopyOptions,
  EventSize,
  PageCounts,
  ScavengeNote,
  StorageUpkeep,
  StreamIdRange,
  StreamName,
} from './storage-upkeep.ts'

const table = `
  CREATE TABLE IF NOT EXISTS scavenge_notes (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    last_stream_id INTEGER NOT NULL,
    scavenge_id    TEXT
  )`

export const upkeepStatements = {
  listHidingStreams: `SELECT id, name FROM streams WHERE id > ? AND id <= ? AND (truncate_before > 0
    OR max_count IS NOT NULL OR max_age_seconds IS NOT NULL OR is_tombstoned = 1 OR name LIKE '$$%') ORDER BY id`,
  listEventsBelow: `SELECT events.position, length(record) AS sizeBytes FROM events_by_revision AS place
    CROSS JOIN events ON events.position = place.position
    WHERE place.stream_id = ? AND place.revision < ? ORDER BY place.revision LIMIT ?`,
  countEvents: 'SELECT count(*) FROM events NOT INDEXED WHERE position > ? AND position <= ?',
  removeEvent: 'DELETE FROM events WHERE position = ?',
  loadNote: 'SELECT last_stream_id AS lastStreamId, scavenge_id AS scavengeId FROM scavenge_notes',
  saveNote: `INSERT INTO scavenge_notes (id, last_stream_id, scavenge_id) VALUES (1, ?, ?)
    ON CONFLICT (id) DO UPDATE SET last_stream_id = excluded.last_stream_id, scavenge_id = excluded.scavenge_id`,
} as const

type UpkeepStatementName = keyof typeof upkeepStatements
const statementNames = Object.keys(upkeepStatements) as UpkeepStatementName[]
const incremental = 2

export class SqliteUpkeep implements StorageUpkeep {
  private readonly database: Database
  private readonly reach: ReachStep
  private readonly copier: SqliteCopier
  private readonly prepared: Record<UpkeepStatementName, Statement<unknown, SQLQueryBindings[]>>

  constructor(database: Database, reach: ReachStep = passBy) {
    this.database = database
    this.reach = reach
    this.copier = new SqliteCopier(database)
    database.run(table)
    this.prepared = Object.fromEntries(
      statementNames.map((name) => [name, database.prepare(upkeepStatements[name])]),
    ) as typeof this.prepared
  }

  get file(): string {
    return this.database.filename === '' ? ':memory:' : this.database.filename
  }

  /** While a copy is being made the main file must not change. */
  get holdsCheckpoints(): boolean {
    return this.copier.isCopying
  }

  listHidingStreams({ after, through }: StreamIdRange): StreamName[] {
    return this.prepared.listHidingStreams.all(after, through) as StreamName[]
  }

  listEventsBelow(streamId: number, revision: number, eventCountMax: number): EventSize[] {
    return this.prepared.listEventsBelow.all(streamId, revision, eventCountMax) as EventSize[]
  }

  removeEvents(positions: readonly number[], note: ScavengeNote): void {
    try {
      this.database.run('BEGIN IMMEDIATE')
      for (const position of positions) this.prepared.removeEvent.run(position)
      this.saveScavengeNote(note)
      this.reach('scavenge:removing')
      this.database.run('COMMIT')
      this.reach('scavenge:removed')
    } catch (error) {
      if (this.database.inTransaction) this.database.run('ROLLBACK')
      const words = `Hidden events could not be removed (${describeError(error)}); nothing is lost. Run the verification.`
      throw new PlatformError('unavailable', words, { facts: { events: positions.length }, cause: error })
    }
  }

  loadScavengeNote(): ScavengeNote | undefined {
    const row = this.prepared.loadNote.get() as { lastStreamId: number; scavengeId: string | null } | null
    return row ? { lastStreamId: row.lastStreamId, scavengeId: row.scavengeId ?? undefined } : undefined
  }

  saveScavengeNote({ lastStreamId, scavengeId }: ScavengeNote): void {
    this.prepared.saveNote.run(lastStreamId, scavengeId ?? null)
  }

  readPageCounts(): PageCounts {
    return {
      pageSizeBytes: this.readPragma('page_size'),
      pageCount: this.readPragma('page_count'),
      freePageCount: this.readPragma('freelist_count'),
      canGiveBack: this.readPragma('auto_vacuum') === incremental,
    }
  }

  countEvents(after: number, through: number): number {
    return Number(this.prepared.countEvents.values(after, through)[0]?.[0])
  }

  giveBackPages(pageCountMax: number): number {
    const before = this.readPragma('page_count')
    this.database.query(`PRAGMA incremental_vacuum(${Math.floor(pageCountMax)})`).all()
    return before - this.readPragma('page_count')
  }

  copyTo(file: string, options: CopyOptions = {}): Promise<number> {
    return this.copier.copyTo(file, options)
  }

  /** Appends matter more than a copy: whoever sees that they do not both go ends the copy. */
  giveUpCopy(reason: string): void {
    if (!this.copier.isCopying) return
    this.copier.giveUp(new PlatformError('unavailable', `The copy was given up: ${reason}.`))
  }

  /** Statements must go before the database is closed. */
  finalize(): void {
    for (const statement of Object.values(this.prepared)) statement.finalize()
  }

  /** Called when the database is closed, see `SqliteCopier`. */
  close(): void {
    this.copier.close()
  }

  private readPragma(name: string): number {
    return Number(this.database.query(`PRAGMA ${name}`).values()[0]?.[0] ?? 0)
  }
}
