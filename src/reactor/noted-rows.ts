import { logStart, parsePosition } from '#kernel/position.ts'
import type { QueryRunner } from '#storage/client.ts'
import type { DeadLetter, NotedEvent } from './reactor-journal.ts'

/** Noted events as rows of `platform.reactor_events`, and back. */

const instant = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8 as ${column}`

export const noteColumns = `event_id, stream, revision::float8 as revision, position, type, state, tries, words,
  ${instant('first_tried_at')}, ${instant('last_tried_at')}, ${instant('next_try_at')}`

export function toNotedEvent(row: Record<string, unknown>): NotedEvent {
  return {
    eventId: String(row.event_id),
    stream: String(row.stream),
    revision: Number(row.revision),
    position: parsePosition(row.position) ?? logStart,
    type: String(row.type),
    state: row.state === 'dead' ? 'dead' : 'waiting',
    tries: Number(row.tries),
    words: String(row.words),
    firstTriedAt: toInstant(row.first_tried_at),
    lastTriedAt: toInstant(row.last_tried_at),
    nextTryAt: toInstant(row.next_try_at),
  }
}

export function toDeadLetter(row: Record<string, unknown>): DeadLetter {
  return { ...toNotedEvent(row), state: 'dead' }
}

/** Inserts, or changes what is known of an event. One that is noted already and arrives as new stays as it is. */
export async function saveNotes(tx: QueryRunner, reactor: string, notes: readonly NotedEvent[]): Promise<void> {
  if (notes.length === 0) return
  const text = `insert into platform.reactor_events as known (reactor, event_id, stream, revision, position, type, state, tries,
      words, first_tried_at, last_tried_at, next_try_at)
    select $1, event_id, stream, revision, position, type, state, tries, words, to_timestamp(first_tried_at / 1000),
      to_timestamp(last_tried_at / 1000), to_timestamp(next_try_at / 1000)
    from unnest($2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::int[], $9::text[],
      $10::float8[], $11::float8[], $12::float8[]) as new (event_id, stream, revision, position, type, state, tries, words,
      first_tried_at, last_tried_at, next_try_at)
    on conflict (reactor, event_id) do update set state = excluded.state, tries = excluded.tries, words = excluded.words,
      first_tried_at = excluded.first_tried_at, last_tried_at = excluded.last_tried_at, next_try_at = excluded.next_try_at
    where excluded.tries > 0`
  const column = <T>(pick: (note: NotedEvent) => T): T[] => notes.map(pick)
  await tx.unsafe(text, [
    reactor,
    column((note) => note.eventId),
    column((note) => note.stream),
    column((note) => note.revision),
    column((note) => note.position),
    column((note) => note.type),
    column((note) => note.state),
    column((note) => note.tries),
    column((note) => note.words),
    column((note) => note.firstTriedAt),
    column((note) => note.lastTriedAt),
    column((note) => note.nextTryAt),
  ])
}

function toInstant(value: unknown): number | null {
  return value === null || value === undefined ? null : Math.round(Number(value))
}
