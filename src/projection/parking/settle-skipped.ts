import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { QueryRunner } from '#storage/client.ts'
import { type RetryPorts, retryStreams } from './retry-streams.ts'
import { createTally } from './tally.ts'

/**
 * Takes events that somebody has skipped off the list of the live tables, and projects what waits behind them. Tables that
 * were returned to bring a list along that is older than such decisions.
 *
 * Never rejects: what cannot be settled stays parked, where a person can try it again.
 */
export async function settleSkipped(ports: RetryPorts & { readonly log: Log }): Promise<void> {
  const { sql, projector, log, signal } = ports
  try {
    const streams = await loadStreamsWithSkipped(sql, projector.id)
    if (streams.length === 0) return
    const tally = createTally()
    for (const stream of streams) await retryStreams(ports, [stream], tally)
    log.info(`events that were skipped were parked still, in ${streams.length} entities: they are left out now`)
  } catch (error) {
    if (!signal.aborted) log.warning(`skipped events are parked still: ${describeError(error)}`)
  }
}

async function loadStreamsWithSkipped(sql: QueryRunner, projection: string): Promise<string[]> {
  const rows = await sql.unsafe(
    `select distinct p.stream from platform.parked_events p join platform.skipped_events s using (projection, event_id)
     where p.projection = $1 order by p.stream`,
    [projection],
  )
  return rows.map((row) => String(row.stream))
}
