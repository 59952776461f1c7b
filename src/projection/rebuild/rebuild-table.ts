import { PlatformError } from '#kernel/platform-error.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import type { RebuildRecord } from './rebuild-machine.ts'
import { isOver } from './rebuild-state.ts'

/** Rebuilds in `platform.rebuilds`: what the next leader goes on with, and how earlier ones went. */

/**
 * Throws `already-running` when another rebuild of this projection is under way. One that an earlier leader began when it
 * did not lead any more is in nobody's hands: this one takes its place.
 */
export async function insertRebuild(sql: QueryRunner, { state, ...own }: RebuildRecord, epoch: number): Promise<void> {
  const text = `insert into platform.rebuilds as found (id, projection, state, epoch, started_at)
    values ($1, $2, $3::text::jsonb, $4, to_timestamp($5::float8 / 1000)) on conflict (projection) where ended_at is null
    do update set id = excluded.id, state = excluded.state, epoch = excluded.epoch, started_at = excluded.started_at,
    updated_at = now() where found.epoch < excluded.epoch`
  const json = JSON.stringify({ state, ...own })
  const { count } = await sql.unsafe(text, [state.id, state.projection, json, epoch, state.startedAt])
  if (count === 1) return
  throw alreadyRunning(state.projection)
}

export function alreadyRunning(projection: string): PlatformError {
  return new PlatformError('already-running', `${projection} is being rebuilt already: wait, or cancel that first.`)
}

/** Throws `lost-leadership` when a later leader has taken it over. */
export async function saveRebuild(sql: QueryRunner, record: RebuildRecord, epoch: number): Promise<void> {
  const { id, phase, projection } = record.state
  const text = `update platform.rebuilds set state = $2::text::jsonb, epoch = $3, updated_at = now(),
    ended_at = case when $4 then coalesce(ended_at, now()) end where id = $1 and epoch <= $3`
  const { count } = await sql.unsafe(text, [id, JSON.stringify(record), epoch, isOver(phase)])
  if (count === 1) return
  throw new PlatformError(
    'lost-leadership',
    `The rebuild of ${projection} is not ours: another leader goes on with it.`,
  )
}

/** From here on an earlier leader saves nothing. Those under way, and the newest that are over, newest first. */
export async function takeOverRebuilds(
  sql: Client,
  epoch: number,
  countMax: number,
): Promise<readonly { readonly record: RebuildRecord; readonly isRecorded: boolean }[]> {
  await sql.unsafe('update platform.rebuilds set epoch = $1 where ended_at is null and epoch <= $1', [epoch])
  await sql.unsafe(
    `delete from platform.rebuilds where id in
      (select id from platform.rebuilds where recorded_at is not null order by started_at desc offset $1)`,
    [keptCountMax],
  )
  const text = `select state, recorded_at is not null as recorded from platform.rebuilds
    order by (ended_at is null) desc, started_at desc limit $1`
  const rows = await sql.unsafe(text, [countMax])
  return rows.map((row) => ({ record: row.state as RebuildRecord, isRecorded: row.recorded === true }))
}

/** Its end is in the log. */
export async function markRecorded(sql: Client, id: string, epoch: number): Promise<void> {
  const text = 'update platform.rebuilds set recorded_at = now() where id = $1 and epoch <= $2 and ended_at is not null'
  await sql.unsafe(text, [id, epoch])
}

/** Events a second of whole rebuilds that ended well, newest first: of this projection, and of any. */
export async function loadEarlierRates(
  sql: Client,
  projection: string,
): Promise<{ readonly own: readonly number[]; readonly any: readonly number[] }> {
  const text = `select projection, (state->'state'->>'eventCount')::float8 / seconds as rate from (
      select projection, state, started_at, greatest(0.001, extract(epoch from ended_at - started_at)::float8) as seconds
      from platform.rebuilds where state->'state'->>'phase' = 'done' and state->'state'->>'kind' = 'rebuild'
      and (state->'state'->>'eventCount')::float8 >= $1 and state->>'wasHeld' = 'false'
      order by started_at desc limit 50) as earlier order by started_at desc`
  const rows = await sql.unsafe(text, [telling])
  const rates = rows.map((row) => ({ projection: String(row.projection), rate: Number(row.rate) }))
  const own = rates.filter((one) => one.projection === projection)
  return { own: own.slice(0, 5).map(({ rate }) => rate), any: rates.slice(0, 10).map(({ rate }) => rate) }
}

const keptCountMax = 200
/** Fewer events than this say more about the start of a process than about a rate. */
const telling = 20_000
