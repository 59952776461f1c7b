import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { must } from '#kernel/assert.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { logStart, type Position } from '#kernel/position.ts'
import { type ProjectionDefinition, projectionId } from '../define-projection.ts'
import { shapesOf } from '../table-shape.ts'
import { changedFields, type RowDifferenceThen } from './row-changes.ts'
import type { EventEffect } from './rows-then.ts'
import { isPlatformProjection } from './shadow-definition.ts'

/** What one event did to the rows of one projection. */
export type EventRowChanges = {
  readonly projection: string
  readonly version: number
  readonly tables: readonly {
    readonly table: string
    readonly keyedBy: readonly string[]
    readonly rows: readonly RowDifferenceThen[]
  }[]
  /** Why the event changed nothing there, where its entity parks. */
  readonly parkedWords: string | null
}

/** The plugins' projections that handle an event. Read models about the log itself hold nothing that the log does not. */
export function projectionsOf(
  definitions: readonly ProjectionDefinition[],
  event: Pick<RecordedEvent, 'type'>,
): readonly ProjectionDefinition[] {
  return definitions.filter(
    (definition) =>
      !isPlatformProjection(definition) && definition.on.some(({ type }) => type === event.type || type === '*'),
  )
}

export function toEventRowChanges(definition: ProjectionDefinition, effect: EventEffect): EventRowChanges {
  const shapes = shapesOf(definition.model.tables)
  const tables = [...effect.changes].map(([table, changes]) => ({
    table,
    keyedBy: must(shapes[table], `${table} is a table of the projection`).keyedBy,
    rows: changes
      .map(({ key, before = null, after = null }) => {
        const fields = before && after ? changedFields(before, after) : []
        return { key, before, after, fields }
      })
      .filter(({ before, after, fields }) => !before || !after || fields.length > 0),
  }))
  const { version } = definition
  return {
    projection: projectionId(definition),
    version,
    tables: tables.filter(({ rows }) => rows.length > 0),
    parkedWords: effect.parkedWords,
  }
}

/** The event at a position, and the position before it. */
export async function readEventAt(
  store: Pick<EventStore, 'readLog'>,
  position: Position,
): Promise<{ readonly event: RecordedEvent; readonly before: Position }> {
  const [previous] = await store.readLog({ beyond: position, direction: 'backwards', countMax: 1 })
  const before = previous?.position ?? logStart
  const [event] = await store.readLog({ beyond: before, direction: 'forwards', countMax: 1 })
  if (event?.position === position) return { event, before }
  throw new PlatformError('not-found', `There is no event at position ${position}.`)
}
