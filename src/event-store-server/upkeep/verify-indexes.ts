/** Checks that the two index tables hold exactly the places of the events they say they have come to. */
import type { Database } from 'bun:sqlite'
import { describeError } from '#kernel/platform-error.ts'
import { nextTurn } from '../streams/read-sink.ts'
import type { Findings } from './findings.ts'

export type IndexesCheck = {
  readonly database: Database
  readonly findings: Findings
  readonly signal: AbortSignal | undefined
}

type Place = { position: number; streamName: string | null }

const indexed = 'e.position <= (SELECT position FROM index_progress)'
const named = 'LEFT JOIN streams AS s ON s.id = e.stream_id'
const shownMax = 100

/** Each is empty in a sound store. */
const contradictions: readonly { readonly problem: string; readonly query: string }[] = [
  {
    problem: 'It is missing in the index by revision.',
    query: `SELECT e.position AS position, s.name AS streamName FROM events AS e NOT INDEXED ${named} WHERE ${indexed}
      AND NOT EXISTS (SELECT 1 FROM events_by_revision AS p
        WHERE p.stream_id = e.stream_id AND p.revision = e.revision AND p.position = e.position) LIMIT ${shownMax}`,
  },
  {
    problem: 'It is missing in the index by event id.',
    query: `SELECT e.position AS position, s.name AS streamName FROM events AS e NOT INDEXED ${named} WHERE ${indexed}
      AND NOT EXISTS (SELECT 1 FROM events_by_event_key AS p
        WHERE p.stream_id = e.stream_id AND p.event_key = e.event_key AND p.position = e.position) LIMIT ${shownMax}`,
  },
  ...(['events_by_revision', 'events_by_event_key'] as const).map((table) => ({
    problem: `${table} names it, and the log has no such event there.`,
    query: `SELECT p.position AS position, s.name AS streamName FROM ${table} AS p
      LEFT JOIN events AS e ON e.position = p.position LEFT JOIN streams AS s ON s.id = p.stream_id
      WHERE e.position IS NULL OR e.stream_id != p.stream_id
        OR ${table === 'events_by_revision' ? 'e.revision != p.revision' : 'e.event_key != p.event_key'}
        OR p.position > (SELECT position FROM index_progress) LIMIT ${shownMax}`,
  })),
]

export async function verifyIndexes({ database, findings, signal }: IndexesCheck): Promise<void> {
  for (const { problem, query } of contradictions) {
    signal?.throwIfAborted()
    try {
      for (const { position, streamName } of database.query(query).all() as Place[])
        findings.add({ kind: 'wrong-index', problem, position, ...(streamName === null ? {} : { streamName }) })
    } catch (error) {
      findings.add({ kind: 'wrong-index', problem: `The index cannot be checked: ${describeError(error)}.` })
    }
    await nextTurn()
  }
  verifyProgress(database, findings)
}

function verifyProgress(database: Database, findings: Findings): void {
  try {
    const rows = database.query('SELECT position FROM index_progress').values()
    const last = Number(database.query('SELECT coalesce(max(position), 0) FROM events').values()[0]?.[0])
    const progress = rows[0]?.[0]
    if (rows.length !== 1 || !Number.isSafeInteger(progress) || Number(progress) > last)
      findings.add({
        kind: 'wrong-index',
        problem: `The indexes say they have come to ${progress}, the log ends at ${last}.`,
      })
  } catch (error) {
    findings.add({ kind: 'wrong-index', problem: `How far the indexes are cannot be read: ${describeError(error)}.` })
  }
}
