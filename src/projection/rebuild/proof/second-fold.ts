import { describeError } from '#kernel/platform-error.ts'
import type { Row } from '#vortex/protocol/row.ts'
import type { ProjectionDefinition, RowKey } from '../../define-projection.ts'
import { type Operation, type PlannedEvent, planBatch } from '../../fold.ts'
import type { TableShapes } from '../../table-shape.ts'
import { elsewhere } from './elsewhere.ts'
import { createKeySample } from './key-sample.ts'

/**
 * The same history folded a second time, on its own: the handlers run again, one event after the other, into one plain
 * map a table. Of the keys it holds a sample, halved whenever it outgrows its budget.
 *
 * Where it knows all rows of an event it finds out for itself whether the event fails; elsewhere it believes the engine.
 */
export interface SecondFold {
  note(plan: readonly PlannedEvent[], isParked: (eventId: string) => boolean): void
  holds(table: string, key: string): boolean
  rowsOf(table: string): ReadonlyMap<string, Row>
  heldRows(): number
  share(): number
  /** Events that one of the two folds took and the other did not; only the first are kept. */
  disputes(): readonly Dispute[]
}

/** What the event makes of its rows by this fold, where it was the engine that parked it; or why this one did. */
export type Dispute = {
  readonly eventId: string
  readonly stream: string
  readonly rows: readonly RowOfEvent[] | undefined
}
export type RowOfEvent = {
  readonly table: string
  readonly key: string
  readonly keyValues: RowKey
  readonly row: Row | undefined
}

const disputesMax = 20

export function createSecondFold(options: {
  readonly definition: ProjectionDefinition
  readonly shapes: TableShapes
  readonly sizeMax: number
}): SecondFold {
  const { definition, shapes } = options
  const tables = new Map(Object.keys(shapes).map((table) => [table, new Map<string, Row>()]))
  const sample = createKeySample(tables, options.sizeMax)
  const parkedStreams = new Set<string>()
  const disputes: Dispute[] = []

  const dispute = (event: PlannedEvent['event'], rows: Dispute['rows']): void => {
    if (disputes.length < disputesMax) disputes.push({ eventId: event.id, stream: event.stream, rows })
  }

  const take = ({ event, operations, failure }: PlannedEvent, isParkedThere: boolean): void => {
    if (parkedStreams.has(event.stream)) return
    const isKnown = operations.every(({ table, key }) => sample.holds(table, key))
    const outcome = failure === undefined ? workOut(operations) : failure
    const failsHere = typeof outcome === 'string'
    if (isParkedThere || failsHere) parkedStreams.add(event.stream)
    if (isParkedThere && !failsHere && isKnown) dispute(event, outcome)
    if (failsHere && !isParkedThere) dispute(event, undefined)
    if (isParkedThere || failsHere) return
    for (const { table, key, row } of outcome) sample.put(table, key, row)
  }

  const rowOf = ({ table, key }: Operation): Row | undefined => tables.get(table)?.get(key)
  const toRow = ({ table, key, keyValues, apply }: Operation, before: Row | undefined): RowOfEvent => ({
    table,
    key,
    keyValues,
    row: apply(before),
  })

  /** All of the event's changes to rows it holds, or why it fails on one of them. */
  const workOut = (operations: readonly Operation[]): readonly RowOfEvent[] | string => {
    const results = new Map<string, RowOfEvent>()
    try {
      const [only] = operations
      if (only && operations.length === 1) return sample.holds(only.table, only.key) ? [toRow(only, rowOf(only))] : []
      for (const operation of operations) {
        if (!sample.holds(operation.table, operation.key)) continue
        const id = `${operation.table} ${operation.key}`
        const earlier = results.get(id)
        results.set(id, toRow(operation, earlier ? earlier.row : rowOf(operation)))
      }
    } catch (error) {
      return describeError(error)
    }
    return [...results.values()]
  }

  return {
    note: (plan, isParked) =>
      elsewhere(() => {
        // As read, not as planned: each handler runs again.
        for (const planned of planBatch(definition, shapes, plan)) take(planned, isParked(planned.event.id))
      }),
    holds: sample.holds,
    rowsOf: (table) => tables.get(table) ?? new Map(),
    heldRows: sample.count,
    share: sample.share,
    disputes: () => disputes,
  }
}
