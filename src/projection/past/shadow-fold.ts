import type { RecordedEvent } from '#event-store/event-store.ts'
import type { Position } from '#kernel/position.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { loadMissing, writeTable } from '../commit-batch.ts'
import { commitPlan } from '../commit-plan.ts'
import type { ProjectionDefinition } from '../define-projection.ts'
import { applyPlan, type ParkedEvent, planBatch, type ReadEvent } from '../fold.ts'
import { withoutSkipped } from '../parking/skipped-events.ts'
import { createRowCache } from '../row-cache.ts'
import { shapesOf } from '../table-shape.ts'

/** What one commit of a shadow's fold did. */
export type ShadowCommit = {
  readonly to: Position
  readonly eventCount: number
  /** Events that failed, and those behind them. */
  readonly parked: readonly ParkedEvent[]
  /** Those of them that failed themselves. */
  readonly failed: readonly ParkedEvent[]
}

/**
 * Folds events into tables of a shadow schema, as the projector folds them into the live ones: same plan, same rows,
 * same parking, with a parked list of its own. Rows are kept in a bounded cache; the tables hold the rest.
 *
 * Promises: rows and what `save` writes commit together; after a rejection nothing of the batch is there.
 */
export interface ShadowFold {
  fold(events: readonly RecordedEvent[], to: Position): Promise<void>
}

const cachedRowsMax = 100_000

export function createShadowFold(options: {
  readonly sql: Client
  /** Of the shadow schema. */
  readonly definition: ProjectionDefinition
  readonly toReadEvent: (event: RecordedEvent) => ReadEvent
  readonly skippedIds: ReadonlySet<string>
  /** Streams that park already; those that follow are added. */
  readonly parkedStreams: Set<string>
  readonly save: (tx: QueryRunner, commit: ShadowCommit) => Promise<void>
}): ShadowFold {
  const { sql, definition, toReadEvent, skippedIds, parkedStreams } = options
  const shapes = shapesOf(definition.model.tables)
  const cache = createRowCache(cachedRowsMax)

  return {
    fold: async (events, upTo) => {
      const plan = planBatch(definition, shapes, withoutSkipped(events, skippedIds).map(toReadEvent))
      await commitPlan(
        async (part, to) => {
          try {
            const { folded, failed } = await inTransaction(sql, async (tx) => {
              await loadMissing(tx, { definition, shapes, plan: part, cache })
              const batch = applyPlan(part, cache.get, (stream) => parkedStreams.has(stream))
              const firsts = failuresOf(batch.parked, parkedStreams)
              await Promise.all(
                [...batch.changes].map(([table, changes]) => writeTable(tx, { definition, shapes }, table, changes)),
              )
              await options.save(tx, { to, eventCount: part.length, parked: batch.parked, failed: firsts })
              return { folded: batch, failed: firsts }
            })
            cache.take(folded.changes)
            for (const { event } of failed) parkedStreams.add(event.stream)
            return folded
          } catch (error) {
            cache.clear()
            throw error
          }
        },
        plan,
        upTo,
      )
    },
  }
}

/** The first parked event of each stream that did not park before. */
function failuresOf(parked: readonly ParkedEvent[], before: ReadonlySet<string>): readonly ParkedEvent[] {
  const seen = new Set<string>()
  return parked.filter(({ event }) => {
    if (before.has(event.stream) || seen.has(event.stream)) return false
    seen.add(event.stream)
    return true
  })
}
