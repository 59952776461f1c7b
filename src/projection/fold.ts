import { assert } from '#kernel/assert.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Row } from '#vortex/protocol/row.ts'
import type { ProjectedEvent, ProjectionDefinition, RowKey, TableChanges } from './define-projection.ts'
import { keyText, type TableShape, type TableShapes } from './table-shape.ts'

/**
 * Folding, in two pure steps around one read. `planBatch` runs the handlers and notes what they want; the caller
 * loads the rows those keys name; `applyPlan` works the changes out in memory, the last state of each row only.
 * An event that fails changes nothing, and parks its stream: later events of that stream park too (P5).
 */
export type Operation = {
  readonly table: string
  readonly key: string
  readonly keyValues: RowKey
  apply(row: Row | undefined): Row | undefined
}
export type PlannedEvent = {
  readonly event: ProjectedEvent
  readonly operations: readonly Operation[]
  readonly failure?: string
}
/** An event that failed, or that waits behind an earlier one of its stream which did. */
export type ParkedEvent = { readonly event: ProjectedEvent; readonly words: string; readonly isBehind: boolean }

/** One row before and after a batch, and the actions that touched it. */
export type RowChange = {
  readonly key: string
  readonly keyValues: RowKey
  readonly before: Row | undefined
  readonly after: Row | undefined
  readonly acts: readonly string[]
}
export type FoldedBatch = {
  readonly changes: ReadonlyMap<string, readonly RowChange[]>
  readonly parked: readonly ParkedEvent[]
}

/** An event ready for handlers, or one that could not be read and why. */
export type ReadEvent = { readonly event: ProjectedEvent; readonly failure?: string }

export function planBatch(
  definition: ProjectionDefinition,
  shapes: TableShapes,
  events: readonly ReadEvent[],
): PlannedEvent[] {
  const cases = new Map(definition.on.map((entry) => [entry.type, entry]))
  const any = cases.get('*')
  const recorders = openRecorders(shapes)
  const plan: PlannedEvent[] = []
  for (const { event, failure } of events) {
    const entry = cases.get(event.type) ?? any
    if (!entry) continue
    const isReadable = failure === undefined || definition.readsEverything
    plan.push(isReadable ? planEvent(entry.project, recorders, event) : { event, operations: [], failure })
  }
  return plan
}

function planEvent(
  project: ProjectionDefinition['on'][number]['project'],
  recorders: Recorders,
  event: ProjectedEvent,
): PlannedEvent {
  const operations: Operation[] = []
  recorders.record(operations)
  try {
    project(event, recorders.tables as never)
    return { event, operations }
  } catch (error) {
    return { event, operations: [], failure: describeError(error) }
  } finally {
    recorders.record(undefined)
  }
}

/** What handlers write with: made once a batch, as making it costs more than most handlers do. */
type Recorders = {
  readonly tables: Readonly<Record<string, TableChanges<Row>>>
  /** Where the operations go from here on; undefined between two events. */
  record(operations: Operation[] | undefined): void
}

function openRecorders(shapes: TableShapes): Recorders {
  let noted: Operation[] | undefined
  // What a handler that waits says afterwards is lost: it would be another event's.
  const note = (operation: Operation): void => void noted?.push(operation)
  const entries = Object.entries(shapes).map(([table, shape]) => [table, recorder(table, shape, note)] as const)
  return {
    tables: Object.fromEntries(entries),
    record: (operations) => {
      noted = operations
    },
  }
}

function recorder(table: string, shape: TableShape, take: (operation: Operation) => void): TableChanges<Row> {
  const note = (given: RowKey, apply: (row: Row | undefined, key: string) => Row | undefined): void => {
    const keyValues = shape.cleanKey(given)
    const key = keyText(keyValues)
    take({ table, key, keyValues, apply: (row) => apply(row, key) })
  }
  const existing = (row: Row | undefined, key: RowKey): Row => {
    if (!row) throw new Error(`${shape.name} has no row ${showKey(key)}`)
    return row
  }
  return {
    insert: (row) => {
      const key = shape.keyOf(row)
      note(key, (found) => {
        if (found) throw new Error(`${shape.name} has a row ${showKey(key)} already`)
        return shape.complete(row)
      })
    },
    update: (key, change) =>
      note(key, (row, text) => {
        const found = existing(row, key)
        return sameKey(shape, { key, text }, shape.change(found, change(found) ?? {}))
      }),
    updateIfPresent: (key, change) =>
      note(key, (row, text) => row && sameKey(shape, { key, text }, shape.change(row, change(row) ?? {}))),
    upsert: (key, make) => note(key, (row, text) => sameKey(shape, { key, text }, shape.complete(make(row)))),
    delete: (key) =>
      note(key, (row) => {
        existing(row, key)
        return undefined
      }),
    deleteIfPresent: (key) => note(key, () => undefined),
  }
}

/** Quoted where it is text: so words that differ in their keys alone can be told from others. */
function showKey(key: RowKey): string {
  return typeof key === 'string' ? JSON.stringify(key) : keyText(key)
}

function sameKey(shape: TableShape, { key, text }: { key: RowKey; text: string }, row: Row): Row {
  const found = keyText(shape.keyOf(row))
  if (found !== text)
    throw new Error(`a change of ${shape.name} ${showKey(key)} turned its key into ${JSON.stringify(found)}`)
  return row
}

/** The rows a plan needs, by table: each key once. */
export function keysOf(plan: readonly PlannedEvent[]): Map<string, Map<string, RowKey>> {
  const keys = new Map<string, Map<string, RowKey>>()
  for (const { operations } of plan)
    for (const { table, key, keyValues } of operations) {
      const ofTable = keys.get(table) ?? new Map<string, RowKey>()
      keys.set(table, ofTable.set(key, keyValues))
    }
  return keys
}

type Draft = {
  readonly keyValues: RowKey
  readonly before: Row | undefined
  after: Row | undefined
  /** An event that only looked at the row, and failed, has changed nothing. */
  isTaken: boolean
  readonly acts: Set<string> | undefined
}
type DraftOf = (operation: Operation) => Draft

/** Why an event is parked that waits behind another. */
export const behindWords = 'an earlier event of this entity is parked'

/** `notesActs: false` where nobody is told of the changes one by one. */
export function applyPlan(
  plan: readonly PlannedEvent[],
  rowOf: (table: string, key: string) => Row | undefined,
  isParked: (stream: string) => boolean,
  { notesActs = true }: { readonly notesActs?: boolean } = {},
): FoldedBatch {
  const drafts = new Map<string, Map<string, Draft>>()
  const parked: ParkedEvent[] = []
  const parkedHere = new Set<string>()
  const draftOf: DraftOf = ({ table, key, keyValues }) => {
    const ofTable = drafts.get(table) ?? new Map<string, Draft>()
    if (ofTable.size === 0) drafts.set(table, ofTable)
    const known = ofTable.get(key)
    if (known) return known
    const before = rowOf(table, key)
    const acts = notesActs ? new Set<string>() : undefined
    const draft: Draft = { keyValues, before, after: before, isTaken: false, acts }
    ofTable.set(key, draft)
    return draft
  }

  for (const planned of plan) {
    const { event } = planned
    if (isParked(event.stream) || parkedHere.has(event.stream)) {
      parked.push({ event, words: behindWords, isBehind: true })
      continue
    }
    const failure = planned.failure ?? applyEvent(planned, draftOf)
    if (failure === undefined) continue
    parked.push({ event, words: failure, isBehind: false })
    parkedHere.add(event.stream)
  }
  return { changes: toChanges(drafts), parked }
}

/** All of an event's operations, or none: undefined when they were taken, else what went wrong. */
function applyEvent({ event, operations }: PlannedEvent, draftOf: DraftOf): string | undefined {
  const results = new Map<Draft, Row | undefined>()
  try {
    const [only] = operations
    if (only && operations.length === 1) {
      const draft = draftOf(only)
      take(event, draft, only.apply(draft.after))
      return undefined
    }
    for (const operation of operations) {
      const draft = draftOf(operation)
      results.set(draft, operation.apply(results.has(draft) ? results.get(draft) : draft.after))
    }
  } catch (error) {
    return describeError(error)
  }
  for (const [draft, row] of results) take(event, draft, row)
  return undefined
}

function take(event: ProjectedEvent, draft: Draft, row: Row | undefined): void {
  draft.after = row
  draft.isTaken = true
  if (draft.acts && event.actionId !== undefined) draft.acts.add(event.actionId)
}

function toChanges(drafts: Map<string, Map<string, Draft>>): Map<string, readonly RowChange[]> {
  const changes = new Map<string, readonly RowChange[]>()
  for (const [table, ofTable] of drafts) {
    const list: RowChange[] = []
    for (const [key, { keyValues, before, after, isTaken, acts }] of ofTable) {
      assert(after === undefined || typeof after === 'object', 'an operation gives a row or nothing')
      if (!isTaken || (before === undefined && after === undefined)) continue
      list.push({ key, keyValues, before, after, acts: acts ? [...acts] : noActs })
    }
    if (list.length > 0) changes.set(table, list)
  }
  return changes
}

const noActs: readonly string[] = []
