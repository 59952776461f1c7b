import type { Client, QueryRunner } from '#storage/client.ts'

/** Versions that somebody returned to, in `platform.projection_pins`: starts leave them alone until a rebuild. */

export async function loadPins(sql: Client): Promise<ReadonlyMap<string, number>> {
  const rows = await sql.unsafe('select projection, version from platform.projection_pins')
  return new Map(rows.map((row) => [String(row.projection), Number(row.version)]))
}

export async function savePin(
  tx: QueryRunner,
  pin: { readonly projection: string; readonly version: number; readonly by: string; readonly reason: string },
): Promise<void> {
  const text = `insert into platform.projection_pins (projection, version, by_user, reason) values ($1, $2, $3, $4)
    on conflict (projection) do update set version = excluded.version, by_user = excluded.by_user,
    reason = excluded.reason, pinned_at = now()`
  await tx.unsafe(text, [pin.projection, pin.version, pin.by, pin.reason])
}

export async function removePin(tx: QueryRunner, projection: string): Promise<void> {
  await tx.unsafe('delete from platform.projection_pins where projection = $1', [projection])
}
