import { nearestName } from '#kernel/nearest.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import { type ProjectionDefinition, projectionId } from '../define-projection.ts'
import { loadSkippedIds } from '../parking/skipped-events.ts'
import { dropStalePasts } from './drop-stale.ts'
import { type ExplainedEvent, explainEvents } from './explain-events.ts'
import type { PastAnswer } from './past-answer.ts'
import { createPastJobs } from './past-jobs.ts'
import { pastLife } from './past-life.ts'
import { type PastPorts, pastLimitsDefault } from './past-ports.ts'
import { createPastWalks } from './past-walks.ts'
import { type PreparedRows, prepareRows } from './prepare-rows.ts'
import type { RowsThen } from './rows-then.ts'
import { isPlatformProjection } from './shadow-definition.ts'

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
  isBusy(): boolean
  stop(): Promise<void>
}

export function createPast(ports: PastPorts): Past {
  const { sql, definitions, clock, log } = ports
  const limits = { ...pastLimitsDefault, ...ports.limits }
  const walks = createPastWalks(ports, limits)
  const around = { ...ports, limits, walks }
  const jobs = createPastJobs(clock)
  const byId = new Map(definitions.map((definition) => [projectionId(definition), definition]))
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
          work: (report) => prepareRows(around, definition, position, report),
          weigh: ({ rows }) => rows.heldRows + 1,
          forget: ({ release }) => release(),
        },
        limits.waitMs,
      )
      return answer.state === 'ready' ? { state: 'ready', value: answer.value.rows } : answer
    },
    explain: async (positions) => {
      await clearing
      return jobs.ask<readonly ExplainedEvent[]>(
        {
          key: `explain ${positions.join(' ')}`,
          projection: '',
          work: (report) => explainEvents(around, positions, report),
        },
        limits.waitMs,
      )
    },
    isBusy: () => jobs.busyCount() > 0 || walks.isWalking(),
    stop: async () => {
      await clearing
      await walks.stop()
      await jobs.stop()
    },
  }
}

export function findDefinition(
  byId: ReadonlyMap<string, ProjectionDefinition>,
  projection: string,
): ProjectionDefinition {
  const found = byId.get(projection)
  if (found && isPlatformProjection(found))
    throw new PlatformError(
      'bad-input',
      `${projection} holds a row for each event of the log: look at the log itself instead of its past.`,
    )
  if (found) return found
  const near = nearestName(projection, [...byId.keys()])
  const words = near ? `; did you mean "${near}"?` : `: there are ${[...byId.keys()].join(', ')}.`
  throw new PlatformError('not-found', `There is no projection "${projection}"${words}`)
}
