import type { QueryRunner } from '#storage/client.ts'
import type { ParkedEntity, ParkedGroup } from '../parking-control.ts'

/** What `platform.parked_events` says to people: groups of failures, and the entities in them. */

export async function loadParkedGroups(sql: QueryRunner, projections: readonly string[]): Promise<ParkedGroup[]> {
  const rows = await sql.unsafe(
    `with streams as (
       select projection, stream, (count(*) - 1)::int as behind from platform.parked_events
       where projection = any($1) group by projection, stream)
     select p.projection, p.fingerprint, min(p.type) as type, (array_agg(p.words order by p.position))[1] as words,
       count(*)::int as entities, sum(s.behind)::int as behind,
       extract(epoch from min(p.parked_at)) * 1000 as first_at, extract(epoch from max(p.parked_at)) * 1000 as last_at
     from platform.parked_events p join streams s using (projection, stream)
     where p.projection = any($1) and p.fingerprint is not null
     group by p.projection, p.fingerprint order by entities desc, p.projection, p.fingerprint`,
    [projections],
  )
  return rows.map((row) => ({
    fingerprint: String(row.fingerprint),
    projection: String(row.projection),
    type: String(row.type),
    words: String(row.words),
    entityCount: Number(row.entities),
    behindCount: Number(row.behind),
    firstAt: toMs(row.first_at),
    lastAt: toMs(row.last_at),
  }))
}

export type ParkedEntityPage = {
  readonly projection: string
  readonly fingerprint?: string | undefined
  readonly stream?: string
  readonly after: string | null
  /** Not beyond this position. */
  readonly upTo?: string
  readonly countMax: number
}

/** In the order of the events that failed. */
export async function loadParkedEntities(sql: QueryRunner, page: ParkedEntityPage): Promise<ParkedEntity[]> {
  const rows = await sql.unsafe(
    `select p.stream, p.fingerprint, p.event_id, p.position, p.revision::float8 as revision, p.type, p.words,
       p.action_id, p.action_user, extract(epoch from p.parked_at) * 1000 as parked_at,
       (select count(*)::int from platform.parked_events o where o.projection = p.projection and o.stream = p.stream) as parked
     from platform.parked_events p
     where p.projection = $1 and p.fingerprint is not null and ($2::text is null or p.fingerprint = $2)
       and ($3::text is null or p.stream = $3)
       and ($4::text is null or p.position > $4 collate "C") and ($5::text is null or p.position <= $5 collate "C")
     order by p.position limit $6`,
    [page.projection, page.fingerprint ?? null, page.stream ?? null, page.after, page.upTo ?? null, page.countMax],
  )
  return rows.map((row) => ({
    projection: page.projection,
    stream: String(row.stream),
    fingerprint: String(row.fingerprint),
    eventId: String(row.event_id),
    position: String(row.position),
    revision: Number(row.revision),
    type: String(row.type),
    words: String(row.words),
    actionId: typeof row.action_id === 'string' ? row.action_id : null,
    actionUser: typeof row.action_user === 'string' ? row.action_user : null,
    parkedCount: Number(row.parked),
    parkedAt: toMs(row.parked_at),
  }))
}

/** How many entities a group has, and the position of the last of them. */
export async function measureGroup(
  sql: QueryRunner,
  projection: string,
  fingerprint: string,
): Promise<{ readonly entityCount: number; readonly upTo: string }> {
  const text = `select count(*)::int as entities, coalesce(max(position), '') as up_to from platform.parked_events
    where projection = $1 and fingerprint = $2`
  const [row] = await sql.unsafe(text, [projection, fingerprint])
  return { entityCount: Number(row?.entities ?? 0), upTo: String(row?.up_to ?? '') }
}

const toMs = (seconds: unknown): number => Math.round(Number(seconds))
