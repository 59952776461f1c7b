import type { RecordedEvent } from '#event-store/event-store.ts'
import { must } from '#kernel/assert.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import { selectRowsByKey } from '#storage/bulk-write.ts'
import type { QueryRunner } from '#storage/client.ts'
import { selectRowsWhere } from '#storage/select-rows.ts'
import { compareRows, type Row, type Selector } from '#vortex/protocol/row.ts'
import { type ProjectionDefinition, projectionId } from '../define-projection.ts'
import { applyPlan, keysOf, planBatch, type ReadEvent, type RowChange } from '../fold.ts'
import { withoutSkipped } from '../parking/skipped-events.ts'
import { keyText, shapesOf } from '../table-shape.ts'

/** What one event did to the rows of a projection. */
export type EventEffect = {
  /** By table. */
  readonly changes: ReadonlyMap<string, readonly RowChange[]>
  /** Why the event changed nothing, where it parked. */
  readonly parkedWords: string | null
}

/**
 * The rows of one read model as they were at a position: tables that stand at an earlier one, and in memory what the
 * events between changed. Rows are plain, as a fresh projection up to there would have written them.
 *
 * Asks: the tables stand still while it is used.
 */
export interface RowsThen {
  readonly position: Position
  /** Rows that are held in memory. */
  readonly heldRows: number
  /** Rows whose columns equal the selector's, in order; `countMax + 1` at most, so that more can be seen. */
  select(
    table: string,
    options: { readonly where: Selector; readonly orderBy: readonly string[]; readonly countMax: number },
  ): Promise<readonly Row[]>
  /** Takes the next events, in order. */
  take(events: readonly RecordedEvent[], to: Position): Promise<void>
  /** The same rows apart, to go on from here. */
  fork(): RowsThen
  /** What an event would do next; nothing changes. */
  effectOf(event: RecordedEvent): Promise<EventEffect>
}

/** More changed rows than this do not fit into memory beside each other. */
const heldRowsMax = 500_000

type RowsThenOptions = {
  readonly sql: QueryRunner
  /** Over the tables it starts from; undefined: it starts from nothing. */
  readonly base: ProjectionDefinition | undefined
  readonly definition: ProjectionDefinition
  readonly position: Position
  readonly toReadEvent: (event: RecordedEvent) => ReadEvent
  readonly skippedIds: ReadonlySet<string>
  readonly parkedStreams: Set<string>
}

/** Rows in memory: as they stand, whether read from the tables or changed since; and the keys of the changed ones. */
type HeldRows = {
  readonly held: Map<string, Map<string, Row | undefined>>
  readonly changed: Map<string, Set<string>>
  readonly count: number
}

export function createRowsThen(options: RowsThenOptions): RowsThen {
  return rowsFrom(options, { held: new Map(), changed: new Map(), count: 0 })
}

function rowsFrom(options: RowsThenOptions, begun: HeldRows): RowsThen {
  const { sql, base, definition, toReadEvent, skippedIds, parkedStreams } = options
  const shapes = shapesOf(definition.model.tables)
  const { held, changed } = begun
  let position = options.position
  let heldRows = begun.count

  const shapeOf = (table: string) => must(shapes[table], `${table} is a table of the projection`)
  const heldOf = (table: string): Map<string, Row | undefined> => {
    const found = held.get(table) ?? new Map<string, Row | undefined>()
    held.set(table, found)
    return found
  }
  const rowOf = (table: string, key: string): Row | undefined => held.get(table)?.get(key)
  const isParked = (stream: string): boolean => parkedStreams.has(stream)

  const load = async (keys: ReturnType<typeof keysOf>): Promise<void> => {
    for (const [table, wanted] of keys) {
      const known = heldOf(table)
      const missing = [...wanted].filter(([key]) => !known.has(key))
      heldRows += missing.length
      if (heldRows > heldRowsMax) throw tooManyRows(projectionId(definition))
      for (const [key] of missing) known.set(key, undefined)
      const baseTable = base?.model.tables[table]
      if (!baseTable || missing.length === 0) continue
      const shape = shapeOf(table)
      const found: Row[] = await selectRowsByKey(
        sql,
        baseTable,
        missing.map(([, key]) => shape.keyRow(key)),
      )
      for (const row of found) known.set(keyText(shape.keyOf(row)), row)
    }
  }
  const planOf = async (events: readonly RecordedEvent[]) => {
    const plan = planBatch(definition, shapes, withoutSkipped(events, skippedIds).map(toReadEvent))
    await load(keysOf(plan))
    return applyPlan(plan, rowOf, isParked)
  }

  return {
    get position() {
      return position
    },
    get heldRows() {
      return heldRows
    },
    take: async (events, to) => {
      const { changes, parked } = await planOf(events)
      for (const [table, list] of changes) {
        const rows = heldOf(table)
        const keys = changed.get(table) ?? new Set<string>()
        changed.set(table, keys)
        for (const { key, after } of list) {
          rows.set(key, after)
          keys.add(key)
        }
      }
      for (const { event } of parked) parkedStreams.add(event.stream)
      position = to
    },
    fork: () =>
      rowsFrom(
        { ...options, position, parkedStreams: new Set(parkedStreams) },
        {
          held: new Map([...held].map(([table, rows]) => [table, new Map(rows)])),
          changed: new Map([...changed].map(([table, keys]) => [table, new Set(keys)])),
          count: heldRows,
        },
      ),
    effectOf: async (event) => {
      const { changes, parked } = await planOf([event])
      return { changes, parkedWords: parked[0]?.words ?? null }
    },
    select: async (table, { where, orderBy, countMax }) => {
      const shape = shapeOf(table)
      const keys = changed.get(table) ?? new Set<string>()
      const matches = (row: Row): boolean =>
        Object.entries(where).every(([field, value]) => (row[field] ?? null) === value)
      const rows: Row[] = []
      for (const key of keys) {
        const row = rowOf(table, key)
        if (row && matches(row)) rows.push(row)
      }
      const baseTable = base?.model.tables[table]
      if (baseTable) {
        // Changed rows are left out of what is read, so there must be enough without them.
        const stored = { table: baseTable, fields: shape.columns, where, countMax: countMax + keys.size }
        const found: Row[] = await selectRowsWhere(sql, stored)
        for (const row of found) if (!keys.has(keyText(shape.keyOf(row)))) rows.push(row)
      }
      return rows.sort(compareRows(orderBy, shape.keyedBy)).slice(0, countMax + 1)
    },
  }
}

function tooManyRows(projection: string): PlatformError {
  return new PlatformError(
    'too-large',
    `Between the nearest kept copy of ${projection} and that moment more than ${heldRowsMax} rows changed. Give the past more disk, or choose another moment.`,
  )
}
