import type { QueryRunner } from '#storage/client.ts'
import type { ParkedAction } from './action-effects.ts'

/**
 * Events that somebody decided to leave out of a projection, in `platform.skipped_events`. Whoever folds a projection's
 * history, live or anew, leaves them out before planning.
 */
export async function loadSkippedIds(sql: QueryRunner, projection: string): Promise<Set<string>> {
  const rows = await sql.unsafe('select event_id from platform.skipped_events where projection = $1', [projection])
  return new Set(rows.map((row) => String(row.event_id)))
}

/** The events that take effect. */
export function withoutSkipped<E extends { readonly id: string }>(
  events: readonly E[],
  skipped: ReadonlySet<string>,
): readonly E[] {
  return skipped.size === 0 ? events : events.filter(({ id }) => !skipped.has(id))
}

export type Skip = {
  readonly eventId: string
  readonly stream: string
  readonly type: string
  readonly words: string
  readonly by: string
  readonly reason: string
}

export async function saveSkipped(
  tx: QueryRunner,
  projection: string,
  skip: Skip,
  action?: ParkedAction,
): Promise<void> {
  const text = `insert into platform.skipped_events
      (projection, event_id, stream, type, words, by_user, reason, action_id, action_user, action_device)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`
  const { eventId, stream, type, words, by, reason } = skip
  const whose = [action?.actionId ?? null, action?.user ?? null, action?.device ?? null]
  await tx.unsafe(text, [projection, eventId, stream, type, words, by, reason, ...whose])
}
