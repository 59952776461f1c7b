import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import type { Client } from '#storage/client.ts'
import type { ProjectionDefinition } from '../define-projection.ts'
import type { ReadEvent } from '../fold.ts'
import { projectionFilter } from '../projection-filter.ts'
import { copyRows } from './copy-rows.ts'
import { loadCopies, loadPastParked, moveWalk, type PastWalk, saveParkedStreams } from './past-tables.ts'
import { readPages } from './read-pages.ts'
import { shadowDefinition } from './shadow-definition.ts'
import { createShadowFold } from './shadow-fold.ts'

const pageCountMax = 6_000
/** A copy costs as much as its rows: where there are many, fewer are made. */
const eventsPerRow = 0.25

/**
 * Folds the history of one projection from where its walk stands, up to a position, and leaves copies behind.
 *
 * Promises: memory is bounded, and a walk that is ended in any way goes on where it was saved last.
 * Asks: nobody else walks the same projection. Throws `lost-leadership` when somebody does, or made the past anew.
 */
export async function walkHistory(options: {
  readonly sql: Client
  readonly store: Pick<EventStore, 'readLog'>
  readonly definition: ProjectionDefinition
  readonly walk: PastWalk
  readonly until: Position
  readonly skippedIds: ReadonlySet<string>
  readonly toReadEvent: (event: RecordedEvent) => ReadEvent
  /** Events between two copies, at least. */
  readonly spacingMin: number
  readonly signal: AbortSignal
  readonly onProgress: (position: Position, eventCount: number) => void
  readonly onCopied: () => Promise<void>
}): Promise<void> {
  const { sql, store, definition, walk, signal } = options
  let { eventCount } = walk
  const copies = await loadCopies(sql, walk.projection)
  let copiedAt = copies.at(-1)?.eventCount ?? 0
  let spacing = spacingFor(options.spacingMin, copies.at(-1)?.rowCount)
  const parked = await loadPastParked(sql, walk.projection)
  const shadow = createShadowFold({
    sql,
    definition: shadowDefinition(definition, walk.schemaName),
    toReadEvent: options.toReadEvent,
    skippedIds: options.skippedIds,
    parkedStreams: new Set(parked.keys()),
    save: async (tx, { to, eventCount: count, failed }) => {
      const streams = failed.map(({ event }) => ({ stream: event.stream, position: event.position }))
      const [isOurs] = await Promise.all([
        moveWalk(tx, walk, { to, eventCount: count }),
        saveParkedStreams(tx, walk.projection, streams),
      ])
      if (!isOurs)
        throw new PlatformError('lost-leadership', `The past of ${walk.projection} is made anew by somebody else.`)
      eventCount += count
    },
  })
  const filter = projectionFilter(definition)
  const pages = readPages({
    store,
    filter,
    after: walk.position,
    until: options.until,
    countMax: Math.min(pageCountMax, options.spacingMin),
  })
  for await (const page of pages) {
    if (signal.aborted) return
    const to = page.at(-1)?.position ?? walk.position
    await shadow.fold(page, to)
    options.onProgress(to, eventCount)
    if (eventCount - copiedAt < spacing) continue
    await copyRows(sql, definition, walk)
    copiedAt = eventCount
    spacing = spacingFor(options.spacingMin, (await loadCopies(sql, walk.projection)).at(-1)?.rowCount)
    await options.onCopied()
  }
  // The events behind the last one of the projection are none of its business, and looked through as well.
  if (signal.aborted || comparePositions(options.until, walk.position) <= 0) return
  await shadow.fold([], options.until)
  options.onProgress(options.until, eventCount)
}

function spacingFor(spacingMin: number, rowCount = 0): number {
  return Math.max(spacingMin, Math.ceil(rowCount * eventsPerRow))
}
