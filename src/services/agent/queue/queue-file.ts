import type { Database } from 'bun:sqlite'
import { tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { type Answer, answerSchema } from '#vortex/protocol/answer.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import { codeOf } from './open-queue-file.ts'
import { checksumOf, type QueueRow, queueColumns } from './queue-row.ts'
import type { QueuedAction, RefusedAction } from './queued-action.ts'

/** What one commit changes. */
export type QueueChanges = {
  readonly put: readonly { readonly action: QueuedAction; readonly body: string }[]
  /** Sequences of those that are done with. */
  readonly removed: readonly number[]
  readonly refused: readonly RefusedAction[]
}

/** The rows of the queue. Every method answers at once; `commit` returns when all of it is on the disk, or throws and changed nothing. */
export interface QueueFile {
  commit(changes: QueueChanges): void
  load(): {
    readonly waiting: readonly QueuedAction[]
    readonly refused: readonly RefusedAction[]
    readonly lastSequence: number
  }
  /** Throws `store-damaged` when it is gone, or is not what was put. */
  readBody(sequence: number): string
  close(): void
}

type Row = Omit<QueueRow, 'body' | 'checksum'>

export function createQueueFile(database: Database, file: string): QueueFile {
  const insert = database.query(
    `INSERT INTO actions (sequence, action_id, plugin, name, version, lane, at, put_at, size_bytes, body, checksum)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  // One that was refused and is put again is asked again; logic gives the same answer.
  const forgetRefusal = database.query('DELETE FROM actions WHERE action_id = ? AND refusal IS NOT NULL')
  const remove = database.query('DELETE FROM actions WHERE sequence = ?')
  const refuse = database.query(
    "UPDATE actions SET refusal = ?, body = '', size_bytes = 0, checksum = NULL WHERE sequence = ?",
  )
  const whole = database.query<QueueRow, [number]>(`SELECT ${queueColumns} FROM actions WHERE sequence = ?`)
  const rows = database.query<Row, []>(
    `SELECT sequence, action_id, plugin, name, version, lane, at, put_at, size_bytes, refusal
     FROM actions ORDER BY sequence`,
  )
  const last = database.query<{ seq: number }, []>("SELECT seq FROM sqlite_sequence WHERE name = 'actions'")

  const apply = ({ put, removed, refused }: QueueChanges): void => {
    for (const sequence of removed) remove.run(sequence)
    for (const { sequence, answer } of refused) refuse.run(JSON.stringify(answer), sequence)
    for (const { action, body: text } of put) {
      const { sequence, id, plugin, name, version, lane, at, putAt, sizeBytes } = action
      forgetRefusal.run(id)
      const checksum = checksumOf({ action_id: id, plugin, name, version, lane, at, body: text })
      insert.run(sequence, id, plugin, name, version, lane, at, putAt, sizeBytes, text, checksum)
    }
  }
  return {
    commit: (changes) => {
      try {
        database.run('BEGIN IMMEDIATE')
        apply(changes)
        database.run('COMMIT')
      } catch (error) {
        if (database.inTransaction) database.run('ROLLBACK')
        throw toWritingError(error, file)
      }
    },
    load: () => {
      const all = rows.all()
      return {
        waiting: all.filter((row) => row.refusal === null).map(toQueued),
        refused: all.flatMap((row) => (row.refusal === null ? [] : [toRefused(row, row.refusal)])),
        lastSequence: last.get()?.seq ?? 0,
      }
    },
    readBody: (sequence) => {
      const found = whole.get(sequence)
      if (found && (found.checksum === null || found.checksum === checksumOf(found))) return found.body
      const words = found ? 'is not what was put: the disk has changed it' : 'has no row any more'
      throw new PlatformError('store-damaged', `Action ${sequence} of the queue ${file} ${words}.`)
    },
    close: () => database.close(),
  }
}

function toQueued(row: Row): QueuedAction {
  const { sequence, action_id: id, plugin, name, version, lane, at, put_at: putAt, size_bytes: sizeBytes } = row
  return { sequence, id, plugin, name, version, lane, at, putAt, sizeBytes }
}

function toRefused({ sequence, action_id: id, plugin, name }: Row, refusal: string): RefusedAction {
  const parsed = parseWith<Answer>(answerSchema, tryParseJson(refusal))
  const unknown = {
    outcome: 'failed',
    kind: 'internal',
    words: 'Why it was refused was written down by another version.',
  } as const
  return { sequence, id, plugin, name, answer: parsed.ok ? parsed.value : unknown }
}

function toWritingError(error: unknown, file: string): PlatformError {
  const code = codeOf(error)
  const options = { facts: { file, code }, cause: error }
  if (code.startsWith('SQLITE_FULL') || code === 'ENOSPC')
    return new PlatformError(
      'disk-full',
      `The disk of the queue ${file} is full, so nothing of this was stored. Free space and put it again.`,
      options,
    )
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code))
    return new PlatformError(
      'store-damaged',
      `The queue's file ${file} is damaged, so nothing of this was stored. Restart the agent: it goes on with what can be read of it.`,
      options,
    )
  return new PlatformError(
    'unavailable',
    `The queue's file ${file} could not be written; put it again with the same id, which takes effect once.`,
    options,
  )
}
