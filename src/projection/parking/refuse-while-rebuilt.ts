import { PlatformError } from '#kernel/platform-error.ts'
import type { QueryRunner } from '#storage/client.ts'

/**
 * What is done to live rows while a shadow is compared with them would be undone by the swap without anybody being told.
 * Asked before a decision, and again in each turn: a rebuild may have begun meanwhile.
 */
export async function refuseWhileRebuilt(sql: QueryRunner, projection: string): Promise<void> {
  const text = 'select 1 from platform.rebuilds where projection = $1 and ended_at is null'
  if ((await sql.unsafe(text, [projection])).length === 0) return
  const words = `${projection} is being rebuilt, which tries all its parked events again: wait for the end, or cancel it.`
  throw new PlatformError('already-running', words)
}
