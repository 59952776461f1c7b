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
export type PreparedRows = {
  readonly rows: RowsThen
  readonly base: PastCopy | undefined
  readonly release: () => void
}

const triesMax = 4
/** More rows in memory cost more to copy than to read again. */
const forkedRowsMax = 100_000

/**
 * The rows of a projection as they were at a position: from the nearest copy before it and the events between. Where no
 * copy is near enough, the history is walked first.
 */
export async function prepareRows(
  ports: PastPorts & { readonly walks: PastWalks; readonly limits: PastLimits },
  definition: ProjectionDefinition,
  position: Position,
  report: (progress: PastProgress) => void,
  findNear: (life: string) => PreparedRows | undefined = () => undefined,
): Promise<PreparedRows> {
  const { sql, walks, limits } = ports
  const projection = projectionId(definition)
  for (let attempt = 0; attempt < triesMax; attempt++) {
    const skippedIds = await loadSkippedIds(sql, projection)
    const life = pastLife(definition, skippedIds)
    const found = await findWalk(sql, projection)
    const walk = found?.life === life ? found : undefined
    const nearest = walk && (await nearestCopy(ports, projection, position))
    // What somebody looked at a moment ago is often nearer than any copy.
    const near = findNear(life)
    const isNearer =
      near &&
      near.rows.heldRows <= forkedRowsMax &&
      (!nearest || comparePositions(nearest.position, near.rows.position) < 0)
    const base = isNearer ? near.base : nearest
    const isWalked = walk !== undefined && comparePositions(walk.position, position) >= 0
    const countMax = isWalked ? Infinity : limits.directCountMax
    const release = base ? walks.hold(base.schemaName) : () => undefined
    try {
      const begun = isNearer ? near.rows.fork() : await beginRows(ports, definition, base, skippedIds)
      const rows = await foldOn(ports, definition, { begun, position, countMax, report })
      if (rows) return { rows, base, release }
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

/** The rows of a copy, or none at all, and the entities that parked until there. */
async function beginRows(
  { sql }: PastPorts,
  definition: ProjectionDefinition,
  base: PastCopy | undefined,
  skippedIds: ReadonlySet<string>,
): Promise<RowsThen> {
  const position = base?.position ?? logStart
  const parked = base ? await loadPastParked(sql, projectionId(definition)) : new Map<string, Position>()
  const parkedThen = [...parked].filter(([, at]) => comparePositions(at, position) <= 0).map(([stream]) => stream)
  return createRowsThen({
    sql,
    base: base && shadowDefinition(definition, base.schemaName),
    definition,
    position,
    toReadEvent: toTodaysEvent,
    skippedIds,
    parkedStreams: new Set(parkedThen),
  })
}

/** Undefined when more events lie between than may be folded. */
async function foldOn(
  { store, clock }: PastPorts,
  definition: ProjectionDefinition,
  options: {
    readonly begun: RowsThen
    readonly position: Position
    readonly countMax: number
    readonly report: (progress: PastProgress) => void
  },
): Promise<RowsThen | undefined> {
  const { begun: rows, position } = options
  const projection = projectionId(definition)
  const after = rows.position
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
