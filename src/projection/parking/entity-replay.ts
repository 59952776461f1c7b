import { PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import type { Row } from '#vortex/protocol/row.ts'
import type { RowKey } from '../define-projection.ts'
import { applyPlan, keysOf, type ParkedEvent, type PlannedEvent } from '../fold.ts'
import { createEntityGroup } from './entity-group.ts'

/**
 * The rows of one entity as a full rebuild would give them, from the projection's history: first all of it is looked
 * through for who shares rows with whom, then the events of the entity's group are folded, in memory.
 *
 * Asks: the whole history in order, from the beginning, skipped events left out; `look` at least once before `fold`.
 */
export interface EntityReplay {
  look(plan: readonly PlannedEvent[]): void
  /** Whether `fold` has a use for this event: others need no planning. */
  wants(event: { readonly stream: string; readonly position: Position }): boolean
  /** Also looks at what comes after. `grown`: the group took in others with a history, so the fold starts over. */
  fold(plan: readonly PlannedEvent[]): 'folded' | 'grown'
  startOver(): void
  /** The position of the last event that was folded. */
  foldedUpTo(): Position
  foldedCount(): number
  /** All rows that the group's events touch, by table and key; undefined where there is none. */
  rows(): ReadonlyMap<string, ReadonlyMap<string, { readonly keyValues: RowKey; readonly row: Row | undefined }>>
  /** The group's streams that have events, and those of them that park. */
  streams(): ReadonlySet<string>
  parked(): readonly ParkedEvent[]
}

export type ReplayBounds = { readonly rowCountMax: number; readonly nameCountMax: number }
/** The live rows stand still while so many are compared and replaced: about a second. A rebuild keeps nobody waiting. */
const defaultBounds: ReplayBounds = { rowCountMax: 25_000, nameCountMax: 4_000_000 }

export function createEntityReplay(stream: string, bounds: ReplayBounds = defaultBounds): EntityReplay {
  const group = createEntityGroup(stream)
  let lookedUpTo: Position = logStart
  let fold = newFold(stream)

  const look = (plan: readonly PlannedEvent[]): boolean => {
    let isGrown = false
    for (const { event, operations } of plan) {
      if (comparePositions(event.position, lookedUpTo) <= 0) continue
      isGrown = group.note(event.stream, operations) || isGrown
      lookedUpTo = event.position
    }
    if (group.nameCount() > bounds.nameCountMax)
      throw tooLarge(stream, `more than ${bounds.nameCountMax} rows and entities in its log`)
    return isGrown
  }

  return {
    look: (plan) => void look(plan),
    wants: ({ stream: from, position }) => comparePositions(position, lookedUpTo) > 0 || group.holds(from),
    fold: (plan) => {
      if (look(plan)) return 'grown'
      const own = plan.filter(({ event }) => group.holds(event.stream))
      takeInto(fold, own)
      if (fold.rowCount > bounds.rowCountMax)
        throw tooLarge(stream, `more than ${bounds.rowCountMax} rows that hang together with those of this entity`)
      return 'folded'
    },
    startOver: () => {
      fold = newFold(stream)
    },
    foldedUpTo: () => fold.upTo,
    foldedCount: () => fold.eventCount,
    rows: () => fold.rows,
    streams: () => fold.streams,
    parked: () => fold.parked,
  }
}

type Fold = {
  readonly rows: Map<string, Map<string, { readonly keyValues: RowKey; readonly row: Row | undefined }>>
  readonly streams: Set<string>
  readonly parkedStreams: Set<string>
  readonly parked: ParkedEvent[]
  rowCount: number
  eventCount: number
  upTo: Position
}

function newFold(stream: string): Fold {
  return {
    rows: new Map(),
    streams: new Set([stream]),
    parkedStreams: new Set(),
    parked: [],
    rowCount: 0,
    eventCount: 0,
    upTo: logStart,
  }
}

function takeInto(fold: Fold, plan: readonly PlannedEvent[]): void {
  for (const [table, keys] of keysOf(plan)) {
    const held = fold.rows.get(table) ?? new Map<string, { keyValues: RowKey; row: Row | undefined }>()
    fold.rows.set(table, held)
    for (const [key, keyValues] of keys) {
      if (held.has(key)) continue
      held.set(key, { keyValues, row: undefined })
      fold.rowCount++
    }
  }
  const folded = applyPlan(
    plan,
    (table, key) => fold.rows.get(table)?.get(key)?.row,
    (stream) => fold.parkedStreams.has(stream),
  )
  for (const [table, changes] of folded.changes)
    for (const { key, keyValues, after } of changes) fold.rows.get(table)?.set(key, { keyValues, row: after })
  for (const parked of folded.parked) {
    fold.parked.push(parked)
    fold.parkedStreams.add(parked.event.stream)
  }
  for (const { event } of plan) {
    fold.streams.add(event.stream)
    fold.upTo = event.position
  }
  fold.eventCount += plan.length
}

function tooLarge(stream: string, found: string): PlatformError {
  return new PlatformError(
    'too-large',
    `The rows of ${stream} are not folded anew by themselves: there are ${found}. Rebuild the projection instead.`,
    { facts: { stream } },
  )
}
