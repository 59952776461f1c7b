/**
 * The tables and every hot statement, with the index each must use.
 *
 * `record` is the encoded answer the protocol sends for this event, so reading never encodes. `event_key` is a hash of
 * the event id: a small index is enough to find a retry, the record itself decides.
 * The plans are pinned (INDEXED BY, and a unit test on EXPLAIN QUERY PLAN): left to itself the planner once chose
 * (stream, revision) for a lookup by id and scanned the whole stream.
 */
export const formatVersion = 1

export const tables = `
  CREATE TABLE IF NOT EXISTS events (
    position  INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL,
    revision  INTEGER NOT NULL,
    event_key INTEGER NOT NULL,
    checksum  INTEGER NOT NULL,
    record    BLOB NOT NULL
  );
  CREATE UNIQUE INDEX IF NOT EXISTS events_by_revision ON events (stream_id, revision);
  CREATE INDEX IF NOT EXISTS events_by_event_key ON events (stream_id, event_key);
  CREATE TABLE IF NOT EXISTS streams (
    id              INTEGER PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE,
    revision        INTEGER NOT NULL,
    truncate_before INTEGER NOT NULL,
    max_count       INTEGER,
    max_age_seconds INTEGER,
    is_tombstoned   INTEGER NOT NULL
  );
`

const eventColumns = 'position, checksum, record'
const streamColumns = 'id, name, revision, truncate_before, max_count, max_age_seconds, is_tombstoned'

export const statements = {
  insertEvent:
    'INSERT INTO events (position, stream_id, revision, event_key, checksum, record) VALUES (?, ?, ?, ?, ?, ?)',
  saveStream: `INSERT INTO streams (${streamColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, truncate_before = excluded.truncate_before,
      max_count = excluded.max_count, max_age_seconds = excluded.max_age_seconds, is_tombstoned = excluded.is_tombstoned`,
  findStream: `SELECT ${streamColumns} FROM streams WHERE name = ?`,
  lastStreamId: 'SELECT max(id) FROM streams',
  readLast: `SELECT ${eventColumns} FROM events ORDER BY position DESC LIMIT 1`,
  readAllForwards: `SELECT ${eventColumns} FROM events NOT INDEXED
    WHERE position > ? AND position < ? ORDER BY position LIMIT ?`,
  readAllBackwards: `SELECT ${eventColumns} FROM events NOT INDEXED
    WHERE position > ? AND position < ? ORDER BY position DESC LIMIT ?`,
  readStreamForwards: `SELECT ${eventColumns} FROM events INDEXED BY events_by_revision
    WHERE stream_id = ? AND revision >= ? AND revision <= ? ORDER BY revision LIMIT ?`,
  readStreamBackwards: `SELECT ${eventColumns} FROM events INDEXED BY events_by_revision
    WHERE stream_id = ? AND revision >= ? AND revision <= ? ORDER BY revision DESC LIMIT ?`,
  findByEventKey: `SELECT ${eventColumns} FROM events INDEXED BY events_by_event_key
    WHERE stream_id = ? AND event_key = ? ORDER BY position`,
} as const

export type StatementName = keyof typeof statements
