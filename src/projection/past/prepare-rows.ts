import { PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import { type ProjectionDefinition, projectionId } from '../define-projection.ts'
import { loadSkippedIds } from '../parking/skipped-events.ts'
import { projectionFilter } from '../projection-filter.ts'
import { type PastProgress, shareOf } from './past-answer.ts'
import { pastLife } from './past-life.ts'
import type { PastLimits, PastPorts } from './past-ports.ts'
import { findWalk, loadCopies, loadPastParked, noteUse, type PastCopy } from './past-tables.ts'
import type { PastWalks } from './past-walks.ts'
import { readPages } from './read-pages.ts'
import { createRowsThen, type RowsThen } from './rows-then.ts'
import { shadowDefinition } from './shadow-definition.ts'
import { toTodaysEvent } from './todays-event.ts'

/** Rows that were prepared, and the copy they start from, held until `release`. */
export type PreparedRows = { readonly rows: RowsThen; readonly release: () => void }

const triesMax = 4

/**
 * The rows of a projection as they were at a position: from the nearest copy before it and the events between. Where no
 * copy is near enough, the history is walked first.
 */
export async function prepareRows(
  ports: PastPorts & { readonly walks: PastWalks; readonly limits: PastLimits },
  definition: ProjectionDefinition,
  position: Position,
  report: (progress: PastProgress) => void,
): Promise<PreparedRows> {
  const { sql, walks, limits } = ports
  const projection = projectionId(definition)
  for (let attempt = 0; attempt < triesMax; attempt++) {
    const skippedIds = await loadSkippedIds(sql, projection)
    const life = pastLife(definition, skippedIds)
    const found = await findWalk(sql, projection)
    const walk = found?.life === life ? found : undefined
    const base = walk && (await nearestCopy(ports, projection, position))
    const isWalked = walk !== undefined && comparePositions(walk.position, position) >= 0
    const countMax = isWalked ? Infinity : limits.directCountMax
    const release = base ? walks.hold(base.schemaName) : () => undefined
    try {
      const rows = await foldFrom(ports, definition, { base, position, countMax, skippedIds, report })
      if (rows) return { rows, release }
    } catch (error) {
      release()
      // Copies are given up in favour of others, and made anew: then the next look finds what there is.
      if (isMissingTable(error)) continue
      throw error
    }
    release()
    await walks.reach(definition, position, report)
  }
  throw new PlatformError('unavailable', `The past of ${projection} is being made anew: ask again in a moment.`)
}

async function nearestCopy({ sql }: PastPorts, projection: string, position: Position): Promise<PastCopy | undefined> {
  const copies = await loadCopies(sql, projection)
  const nearest = copies.findLast((copy) => comparePositions(copy.position, position) <= 0)
  if (nearest) await noteUse(sql, nearest)
  return nearest
}

/** Undefined when more events lie between than may be folded. */
async function foldFrom(
  { sql, store, clock }: PastPorts,
  definition: ProjectionDefinition,
  options: {
    readonly base: PastCopy | undefined
    readonly position: Position
    readonly countMax: number
    readonly skippedIds: ReadonlySet<string>
    readonly report: (progress: PastProgress) => void
  },
): Promise<RowsThen | undefined> {
  const { base, position, skippedIds } = options
  const projection = projectionId(definition)
  const after = base?.position ?? logStart
  const parked = base ? await loadPastParked(sql, projection) : new Map<string, Position>()
  const parkedThen = [...parked].filter(([, at]) => comparePositions(at, after) <= 0).map(([stream]) => stream)
  const rows = createRowsThen({
    sql,
    base: base && shadowDefinition(definition, base.schemaName),
    definition,
    position: after,
    toReadEvent: toTodaysEvent,
    skippedIds,
    parkedStreams: new Set(parkedThen),
  })
  const startedAt = clock.now()
  let count = 0
  for await (const page of readPages({ store, filter: projectionFilter(definition), after, until: position })) {
    count += page.length
    if (count > options.countMax) return undefined
    await rows.take(page, page.at(-1)?.position ?? after)
    const share = shareOf(rows.position, after, position)
    const seconds = (clock.now() - startedAt) / 1_000
    options.report({ projection, share, etaSeconds: share > 0.02 ? (seconds / share) * (1 - share) : null })
  }
  await rows.take([], position)
  return rows
}

function isMissingTable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '42P01' || error.code === '3F000')
}
