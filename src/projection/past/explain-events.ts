import { comparePositions, type Position } from '#kernel/position.ts'
import type { ProjectionDefinition } from '../define-projection.ts'
import { projectionFilter } from '../projection-filter.ts'
import { type EventRowChanges, projectionsOf, readEventAt, toEventRowChanges } from './explain-rows.ts'
import type { PastProgress } from './past-answer.ts'
import type { PastLimits, PastPorts } from './past-ports.ts'
import type { PastWalks } from './past-walks.ts'
import { type PreparedRows, prepareRows } from './prepare-rows.ts'

/** What one event did, in every projection that handles it. */
export type ExplainedEvent = { readonly position: Position; readonly projections: readonly EventRowChanges[] }

type Around = PastPorts & { readonly walks: PastWalks; readonly limits: PastLimits }

/** Between two events of one action lie few others. */
const nearCountMax = 2_000

/** What events did, in order. A projection's rows are prepared once, and brought from one event to the next. */
export async function explainEvents(
  around: Around,
  positions: readonly Position[],
  report: (progress: PastProgress) => void,
): Promise<readonly ExplainedEvent[]> {
  const found = []
  for (const position of positions) found.push(await readEventAt(around.store, position))
  const explained = found.map(({ event }) => ({ position: event.position, projections: [] as EventRowChanges[] }))
  const concerned = new Set(found.flatMap(({ event }) => projectionsOf(around.definitions, event)))
  for (const definition of concerned) {
    let prepared: PreparedRows | undefined
    try {
      for (const [index, { event, before }] of found.entries()) {
        if (projectionsOf([definition], event).length === 0) continue
        prepared = prepared
          ? await bringForward(around, definition, prepared, before, report)
          : await prepareRows(around, definition, before, report)
        explained[index]?.projections.push(toEventRowChanges(definition, await prepared.rows.effectOf(event)))
      }
    } finally {
      prepared?.release()
    }
  }
  return explained
}

async function bringForward(
  around: Around,
  definition: ProjectionDefinition,
  prepared: PreparedRows,
  position: Position,
  report: (progress: PastProgress) => void,
): Promise<PreparedRows> {
  const { rows, release } = prepared
  const between = await around.store.readLog({
    beyond: rows.position,
    direction: 'forwards',
    countMax: nearCountMax,
    filter: projectionFilter(definition),
  })
  const wanted = between.filter((event) => comparePositions(event.position, position) <= 0)
  if (wanted.length === nearCountMax || comparePositions(rows.position, position) > 0) {
    release()
    return prepareRows(around, definition, position, report)
  }
  await rows.take(wanted, position)
  return prepared
}
