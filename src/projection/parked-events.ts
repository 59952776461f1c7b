import type { QueryRunner } from '#storage/client.ts'
import type { ParkedEvent } from './fold.ts'
import { failureFingerprint } from './parking/failure-fingerprint.ts'

/**
 * The events a projection could not take, in `platform.parked_events`. The first of a stream failed and has the
 * fingerprint of its failure; those behind it have none.
 */

export async function loadParkedStreams(sql: QueryRunner, projection: string): Promise<Map<string, number>> {
  const text =
    'select stream, count(*)::int as parked from platform.parked_events where projection = $1 group by stream'
  const rows = await sql.unsafe(text, [projection])
  return new Map(rows.map((row) => [String(row.stream), Number(row.parked)]))
}

export async function loadParkedIds(sql: QueryRunner, projection: string): Promise<Set<string>> {
  const rows = await sql.unsafe('select event_id from platform.parked_events where projection = $1', [projection])
  return new Set(rows.map((row) => String(row.event_id)))
}

export async function saveParked(tx: QueryRunner, projection: string, parked: readonly ParkedEvent[]): Promise<void> {
  const text = `insert into platform.parked_events
      (projection, position, event_id, stream, revision, type, fingerprint, words, action_id, action_user, action_device)
    select $1, * from unnest($2::text[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[],
      $9::text[], $10::text[], $11::text[])
    on conflict do nothing`
  const column = <T>(pick: (entry: ParkedEvent) => T): T[] => parked.map(pick)
  await tx.unsafe(text, [
    projection,
    column((one) => one.event.position),
    column((one) => one.event.id),
    column((one) => one.event.stream),
    column((one) => one.event.revision),
    column((one) => one.event.type),
    column(fingerprintOf),
    column((one) => storableWords(one.words)),
    column((one) => one.event.actionId ?? null),
    column(({ event }) => (event.actionId === undefined ? null : event.user)),
    column(({ event }) => (event.actionId === undefined ? null : event.device)),
  ])
}

export function fingerprintOf({ event, words, isBehind }: ParkedEvent): string | null {
  return isBehind ? null : failureFingerprint({ type: event.type, entityId: event.entityId, words })
}

/** Postgres takes no NUL in a text; and a failure can be as long as its event, which nobody wants to store or be shown. */
export function storableWords(words: string): string {
  return words.replaceAll('\u0000', '').slice(0, 2_000)
}

export async function clearParked(tx: QueryRunner, projection: string): Promise<void> {
  await tx.unsafe('delete from platform.parked_events where projection = $1', [projection])
}
