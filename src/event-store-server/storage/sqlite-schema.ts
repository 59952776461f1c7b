/**
 * The tables, how an older file becomes one of this format, and every hot statement.
 *
 * `record` is the encoded answer the protocol sends for this event, so reading never encodes; it holds position, stream
 * name and revision too, so its checksum vouches for them. The two index tables are written some thousand events behind
 * the log, in sorted pieces (`index_progress` says how far; `UnindexedEvents` knows the rest): an append adds to the end
 * of `events` and touches no other page. `event_key` is a hash of the event id: a small index is enough to find a retry,
 * the record itself decides.
 *
 * A stream's last revision is not kept in its row, which would be one more page a commit; it is the greatest of
 * `revision_floor` and what the index knows. Whoever deletes events only deletes them from `events`: the trigger cleans
 * the indexes and raises the floor, so that a stream goes on counting. The last event of the log must stay.
 */
import { endOfRevisions } from './storage.ts'

export const formatVersion = 2

const eventsTable = `
  CREATE TABLE events (
    position  INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL,
    revision  INTEGER NOT NULL,
    event_key INTEGER NOT NULL,
    checksum  INTEGER NOT NULL,
    record    BLOB NOT NULL
  );
`

const indexTables = `
  CREATE TABLE events_by_revision (
    stream_id INTEGER NOT NULL,
    revision  INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    PRIMARY KEY (stream_id, revision)
  ) WITHOUT ROWID;
  CREATE TABLE events_by_event_key (
    stream_id INTEGER NOT NULL,
    event_key INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    PRIMARY KEY (stream_id, event_key, position)
  ) WITHOUT ROWID;
  CREATE TABLE index_progress (position INTEGER NOT NULL);
  INSERT INTO index_progress (position) VALUES (0);
  CREATE TRIGGER events_deleted AFTER DELETE ON events BEGIN
    DELETE FROM events_by_revision WHERE stream_id = old.stream_id AND revision = old.revision;
    DELETE FROM events_by_event_key
      WHERE stream_id = old.stream_id AND event_key = old.event_key AND position = old.position;
    UPDATE streams SET revision_floor = old.revision
      WHERE id = old.stream_id AND revision_floor < old.revision AND old.revision < ${endOfRevisions};
  END;
`

const streamsTable = `
  CREATE TABLE streams (
    id              INTEGER PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE,
    revision_floor  INTEGER NOT NULL,
    truncate_before INTEGER NOT NULL,
    max_count       INTEGER,
    max_age_seconds INTEGER,
    is_tombstoned   INTEGER NOT NULL
  );
`

const indexRevisions = `INSERT INTO events_by_revision (stream_id, revision, position)
  SELECT stream_id, revision, position FROM events NOT INDEXED WHERE position > ? AND position <= ?
  ORDER BY stream_id, revision`
const indexEventKeys = `INSERT INTO events_by_event_key (stream_id, event_key, position)
  SELECT stream_id, event_key, position FROM events NOT INDEXED WHERE position > ? AND position <= ?
  ORDER BY stream_id, event_key, position`

/** For an empty file. */
export const tables = eventsTable + streamsTable + indexTables

/** What a file of each format needs to become one of the next. */
export const migrations: { readonly [fromFormat: number]: string } = {
  1: `
    DROP INDEX events_by_revision;
    DROP INDEX events_by_event_key;
    ALTER TABLE streams RENAME COLUMN revision TO revision_floor;
    ${indexTables}
    ${indexRevisions.replace('position > ? AND position <= ?', 'true')};
    ${indexEventKeys.replace('position > ? AND position <= ?', 'true')};
    UPDATE index_progress SET position = coalesce((SELECT max(position) FROM events), 0);
  `,
}

const eventColumns = 'events.position, events.checksum, events.record'
const streamColumns = 'id, name, revision_floor, truncate_before, max_count, max_age_seconds, is_tombstoned'

// CROSS JOIN pins the order: the index table first. Left to itself the planner once scanned a whole stream for an id.
const inStream = `SELECT ${eventColumns} FROM events_by_revision AS place CROSS JOIN events ON events.position = place.position
    WHERE place.stream_id = ? AND place.revision >= ? AND place.revision <= ?`

export const statements = {
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  insertEvent:
    'INSERT INTO events (position, stream_id, revision, event_key, checksum, record) VALUES (?, ?, ?, ?, ?, ?)',
  saveStream: `INSERT INTO streams (${streamColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET revision_floor = excluded.revision_floor,
      truncate_before = excluded.truncate_before, max_count = excluded.max_count,
      max_age_seconds = excluded.max_age_seconds, is_tombstoned = excluded.is_tombstoned`,
  findStream: `SELECT ${streamColumns} FROM streams WHERE name = ?`,
  findHead: `SELECT revision FROM events_by_revision WHERE stream_id = ? AND revision < ${endOfRevisions}
    ORDER BY revision DESC LIMIT 1`,
  lastPosition: 'SELECT max(position) FROM events',
  lastStreamId: 'SELECT max(id) FROM streams',
  readLast: `SELECT ${eventColumns} FROM events ORDER BY position DESC LIMIT 1`,
  readAt: `SELECT ${eventColumns} FROM events WHERE position = ?`,
  readAllForwards: `SELECT ${eventColumns} FROM events NOT INDEXED
    WHERE position > ? AND position < ? ORDER BY position LIMIT ?`,
  readAllBackwards: `SELECT ${eventColumns} FROM events NOT INDEXED
    WHERE position > ? AND position < ? ORDER BY position DESC LIMIT ?`,
  readStreamForwards: `${inStream} ORDER BY place.revision LIMIT ?`,
  readStreamBackwards: `${inStream} ORDER BY place.revision DESC LIMIT ?`,
  positionsWithKey: `SELECT position FROM events_by_event_key WHERE stream_id = ? AND event_key = ?
    ORDER BY position DESC LIMIT ?`,
  indexProgress: 'SELECT position FROM index_progress',
  eventsToIndex: `SELECT position, stream_id AS streamId, revision, event_key AS eventKey FROM events NOT INDEXED
    WHERE position > ? ORDER BY position`,
  indexRevisions,
  indexEventKeys,
  checkpoint: 'PRAGMA wal_checkpoint(PASSIVE)',
  saveIndexProgress: 'UPDATE index_progress SET position = ?',
} as const

export type StatementName = keyof typeof statements
