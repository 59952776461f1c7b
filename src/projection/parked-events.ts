import type { QueryRunner } from '#storage/client.ts'
import type { ParkedEvent } from './fold.ts'

/** The events a projection could not take, in `platform.parked_events`. */

export async function loadParkedStreams(sql: QueryRunner, projection: string): Promise<Map<string, number>> {
  const text =
    'select stream, count(*)::int as parked from platform.parked_events where projection = $1 group by stream'
  const rows = await sql.unsafe(text, [projection])
  return new Map(rows.map((row) => [String(row.stream), Number(row.parked)]))
}

export async function saveParked(tx: QueryRunner, projection: string, parked: readonly ParkedEvent[]): Promise<void> {
  const text = `insert into platform.parked_events (projection, position, event_id, stream, type, words)
    select $1, * from unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[]) on conflict do nothing`
  const column = (pick: (entry: ParkedEvent) => string): string[] => parked.map(pick)
  await tx.unsafe(text, [
    projection,
    column((one) => one.event.position),
    column((one) => one.event.id),
    column((one) => one.event.stream),
    column((one) => one.event.type),
    column((one) => one.words.replaceAll('\u0000', '').slice(0, 2_000)),
  ])
}

export async function clearParked(tx: QueryRunner, projection: string): Promise<void> {
  await tx.unsafe('delete from platform.parked_events where projection = $1', [projection])
}
