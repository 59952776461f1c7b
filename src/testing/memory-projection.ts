import type { ProjectionDefinition } from '#projection/define-projection.ts'
import { applyPlan, type ParkedEvent, planBatch, type ReadEvent } from '#projection/fold.ts'
import { shapesOf } from '#projection/table-shape.ts'
import type { Row } from '#vortex/protocol/row.ts'
import { deepFreeze } from './happened.ts'

/** A projection with its rows in memory. */
export interface MemoryProjection {
  /** One event at a time, so that none passes by the grace of a neighbour. */
  take(event: ReadEvent): readonly ParkedEvent[]
  isParked(stream: string): boolean
  rows(table: string): readonly Row[]
}

export function createMemoryProjection(definition: ProjectionDefinition): MemoryProjection {
  const shapes = shapesOf(definition.model.tables)
  const rows = new Map<string, Map<string, Row>>()
  const parkedStreams = new Set<string>()
  return {
    take: (event) => {
      const { parked, changes } = applyPlan(
        planBatch(definition, shapes, [event]),
        (table, key) => rows.get(table)?.get(key),
        (stream) => parkedStreams.has(stream),
      )
      for (const { event: one } of parked) parkedStreams.add(one.stream)
      for (const [table, list] of changes) {
        const ofTable = rows.get(table) ?? new Map<string, Row>()
        rows.set(table, ofTable)
        for (const { key, after } of list) after ? ofTable.set(key, deepFreeze(after)) : ofTable.delete(key)
      }
      return parked
    },
    isParked: (stream) => parkedStreams.has(stream),
    rows: (table) => [...(rows.get(table)?.values() ?? [])],
  }
}
