import type { ProjectionDefinition } from '../define-projection.ts'
import { loadSkippedIds } from '../parking/skipped-events.ts'
import { pastLife } from './past-life.ts'
import type { PastPorts } from './past-ports.ts'
import { dropPast, findWalk } from './past-tables.ts'

const unusedDaysMax = 30

/** Gives up what nobody can use any more: pasts of other versions, of projections that are gone, and long unused ones. */
export async function dropStalePasts(
  { sql }: Pick<PastPorts, 'sql'>,
  definitions: ReadonlyMap<string, ProjectionDefinition>,
): Promise<readonly string[]> {
  const rows = await sql.unsafe(
    'select projection, used_at < now() - make_interval(days => $1) as is_unused from platform.past_walks',
    [unusedDaysMax],
  )
  const dropped: string[] = []
  for (const row of rows) {
    const projection = String(row.projection)
    const definition = definitions.get(projection)
    const isStale = row.is_unused === true || !definition || !(await isOfLife(sql, definition, projection))
    if (!isStale) continue
    await dropPast(sql, projection)
    dropped.push(projection)
  }
  return dropped
}

async function isOfLife(sql: PastPorts['sql'], definition: ProjectionDefinition, projection: string): Promise<boolean> {
  const walk = await findWalk(sql, projection)
  return walk?.life === pastLife(definition, await loadSkippedIds(sql, projection))
}
