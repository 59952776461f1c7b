import type { QueryRunner } from '#storage/client.ts'

/** Events that somebody decided to leave out of a projection for good: its past leaves them out too. */
export async function loadSkippedIds(sql: QueryRunner, projection: string): Promise<ReadonlySet<string>> {
  const rows = await sql.unsafe(
    'select event_id from platform.skipped_events where projection = $1 order by event_id',
    [projection],
  )
  return new Set(rows.map(({ event_id }) => String(event_id)))
}
