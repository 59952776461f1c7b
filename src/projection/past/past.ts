import { describeError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import { projectionId } from '../define-projection.ts'
import { loadSkippedIds } from '../parking/skipped-events.ts'
import { dropStalePasts } from './drop-stale.ts'
import { type ExplainedEvent, explainEvents } from './explain-events.ts'
import { findDefinition } from './find-definition.ts'
import type { PastAnswer } from './past-answer.ts'
import { createPastJobs } from './past-jobs.ts'
import { pastLife } from './past-life.ts'
import { type PastPorts, pastLimitsDefault } from './past-ports.ts'
import { createPastWalks } from './past-walks.ts'
import { type PreparedRows, prepareRows } from './prepare-rows.ts'
import { createRecentRows } from './recent-rows.ts'
import { createReplays, type Replays } from './replays.ts'
import type { RowsThen } from './rows-then.ts'

/**
 * Read models as they were: what a fresh projection, with today's code, would hold had the log ended there.
 *
 * Promises: exact at every position; memory and disk are bounded; a question that takes long is answered with how far it
 * is, and worked on until somebody asks again.
 * Asks: one a database. Errors: `not-found`, `bad-input`, `too-large`, `unavailable`.
 */
export interface Past {
  rowsAt(projection: string, position: Position): Promise<PastAnswer<RowsThen>>
  /** What the events at these positions, in order, did to the rows of every plugin's projection that handles them. */
  explain(positions: readonly Position[]): Promise<PastAnswer<readonly ExplainedEvent[]>>
  readonly replays: Replays
  isBusy(): boolean
  stop(): Promise<void>
}

export function createPast(ports: PastPorts): Past {
  const { sql, definitions, clock, log } = ports
  const limits = { ...pastLimitsDefault, ...ports.limits }
  const walks = createPastWalks(ports, limits)
  const around = { ...ports, limits, walks }
  const jobs = createPastJobs(clock)
  const recent = createRecentRows()
  const byId = new Map(definitions.map((definition) => [projectionId(definition), definition]))
  const replays = createReplays(ports, byId)
  const clearing = dropStalePasts(ports, byId).catch((error: unknown) =>
    log.warning(`pasts that nobody can use any more could not be dropped: ${describeError(error)}`),
  )

  return {
    rowsAt: async (projection, position) => {
      const definition = findDefinition(byId, projection)
      await clearing
      const life = pastLife(definition, await loadSkippedIds(sql, projection))
      const answer = await jobs.ask<PreparedRows>(
        {
          key: `rows ${projection} ${life} ${position}`,
          projection,
          work: async (report) => {
            const prepared = await prepareRows(
              around,
              definition,
              position,
              report,
              recent.before(projection, position),
            )
            recent.add(projection, life, prepared)
            return prepared
          },
          weigh: ({ rows }) => rows.heldRows + 1,
          forget: (prepared) => {
            recent.remove(prepared)
            prepared.release()
          },
        },
        limits.waitMs,
      )
      return answer.state === 'ready' ? { state: 'ready', value: answer.value.rows } : answer
    },
    explain: async (positions) => {
      await clearing
      const skips = await markSkips(sql)
      return jobs.ask<readonly ExplainedEvent[]>(
        {
          key: `explain ${skips} ${positions.join(' ')}`,
          projection: '',
          work: (report) => explainEvents(around, positions, report),
        },
        limits.waitMs,
      )
    },
    replays,
    isBusy: () => jobs.busyCount() > 0 || walks.isWalking() || replays.list().some(({ phase }) => phase === 'running'),
    stop: async () => {
      await clearing
      await walks.stop()
      await jobs.stop()
      await replays.stop()
    },
  }
}

/** Another text whenever somebody decided to leave an event out. */
async function markSkips(sql: PastPorts['sql']): Promise<string> {
  const [row] = await sql.unsafe(
    `select count(*) || ' ' || coalesce(max(skipped_at)::text, '') as mark from platform.skipped_events`,
  )
  return String(row?.mark)
}
