import type { QueryRunner } from '#storage/client.ts'
import type { ParkedEvent } from '../fold.ts'
import { fingerprintOf, storableWords } from '../parked-events.ts'
import { type ParkedAction, parkedActionColumns, toParkedActions } from './action-effects.ts'
import { failureFingerprint } from './failure-fingerprint.ts'

/** Rows of `platform.parked_events` while their events are tried again. */
export type ParkedRow = { readonly stream: string; readonly eventId: string; readonly revision: number }

/** The first parked events of each of these streams, in their order. */
export async function loadParkedRows(
  sql: QueryRunner,
  projection: string,
  streams: readonly string[],
  countMaxPerStream: number,
): Promise<ParkedRow[]> {
  const rows = await sql.unsafe(
    `select p.stream, p.event_id, p.revision::float8 as revision from unnest($2::text[]) as s(stream)
     cross join lateral (select stream, event_id, revision from platform.parked_events
       where projection = $1 and stream = s.stream order by revision limit $3) p
     order by p.stream, p.revision`,
    [projection, streams, countMaxPerStream],
  )
  return rows.map((row) => ({
    stream: String(row.stream),
    eventId: String(row.event_id),
    revision: Number(row.revision),
  }))
}

export async function countParked(
  sql: QueryRunner,
  projection: string,
  streams: readonly string[],
): Promise<Map<string, number>> {
  const text = `select stream, count(*)::int as parked from platform.parked_events
    where projection = $1 and stream = any($2) group by stream`
  const rows = await sql.unsafe(text, [projection, streams])
  const counts = new Map(streams.map((stream) => [stream, 0]))
  for (const row of rows) counts.set(String(row.stream), Number(row.parked))
  return counts
}

/** Answers the actions they belong to. */
export async function removeParked(
  tx: QueryRunner,
  projection: string,
  rows: readonly { readonly stream: string; readonly eventId: string }[],
): Promise<readonly ParkedAction[]> {
  if (rows.length === 0) return []
  const text = `with gone as (
      delete from platform.parked_events p using unnest($2::text[], $3::uuid[]) as q(stream, event_id)
      where p.projection = $1 and p.stream = q.stream and p.event_id = q.event_id returning p.*)
    select ${parkedActionColumns} from gone`
  const streams = rows.map(({ stream }) => stream)
  return toParkedActions(await tx.unsafe(text, [projection, streams, rows.map(({ eventId }) => eventId)]))
}

/** Takes all of these streams off the list, and answers the actions they belong to. */
export async function removeStreams(
  tx: QueryRunner,
  projection: string,
  streams: readonly string[],
): Promise<readonly ParkedAction[]> {
  const text = `with gone as (
      delete from platform.parked_events where projection = $1 and stream = any($2) returning *)
    select ${parkedActionColumns} from gone`
  return toParkedActions(await tx.unsafe(text, [projection, streams]))
}

export async function loadParkedActions(
  tx: QueryRunner,
  projection: string,
  streams: readonly string[],
): Promise<readonly ParkedAction[]> {
  const text = `select ${parkedActionColumns} from platform.parked_events where projection = $1 and stream = any($2)`
  return toParkedActions(await tx.unsafe(text, [projection, streams]))
}

/** Events that failed again, in today's words. */
export async function saveFailures(tx: QueryRunner, projection: string, failed: readonly ParkedEvent[]): Promise<void> {
  if (failed.length === 0) return
  const text = `update platform.parked_events p set fingerprint = q.fingerprint, words = q.words
    from unnest($2::text[], $3::uuid[], $4::text[], $5::text[]) as q(stream, event_id, fingerprint, words)
    where p.projection = $1 and p.stream = q.stream and p.event_id = q.event_id`
  await tx.unsafe(text, [
    projection,
    failed.map(({ event }) => event.stream),
    failed.map(({ event }) => event.id),
    failed.map(fingerprintOf),
    failed.map(({ words }) => storableWords(words)),
  ])
}

/** What is left of an entity while it is taken in pieces, or when that was interrupted. */
const interruptedWords = 'the events before this one were taken; a retry that was interrupted left this one'

/** The first parked event of a stream is the one that stands for it in groups: also where the one before it is gone. */
export async function nameFirstParked(tx: QueryRunner, projection: string, streams: readonly string[]): Promise<void> {
  const fingerprint = failureFingerprint({ type: '', entityId: '', words: interruptedWords })
  await tx.unsafe(
    `update platform.parked_events p set fingerprint = $3, words = $4
     from (select distinct on (stream) stream, event_id, fingerprint from platform.parked_events
       where projection = $1 and stream = any($2) order by stream, revision) first
     where p.projection = $1 and p.stream = first.stream and p.event_id = first.event_id and first.fingerprint is null`,
    [projection, streams, fingerprint, interruptedWords],
  )
}
