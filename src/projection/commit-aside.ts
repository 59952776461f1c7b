import type { ActionEffect } from '#event-store/change-event.ts'
import { newUuid } from '#kernel/ids.ts'
import type { Position } from '#kernel/position.ts'
import { lockUntilCommit } from '#storage/advisory-lock.ts'
import type { Client } from '#storage/client.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { continueLife } from './checkpoint.ts'
import { loadMissing, writeChanges } from './commit-batch.ts'
import { type ProjectionDefinition, projectionId } from './define-projection.ts'
import type { RowChange } from './fold.ts'
import { loadEffects } from './parking/action-effects.ts'
import type { AsideWork } from './projector-turn.ts'
import type { RowCache } from './row-cache.ts'
import type { TableShapes } from './table-shape.ts'

/**
 * Commits changes of rows beside the feed, at the position where the read model stands: in a new life, so that no
 * snapshot of before is taken for one of after. Without changed rows the life stays. Answers too what became of the
 * effects of the actions that were touched.
 *
 * Promises: all or nothing, and refused where another leader writes. Throws what Postgres throws, the cache emptied.
 */
export async function commitAside(options: {
  sql: Client
  definition: ProjectionDefinition
  shapes: TableShapes
  cache: RowCache
  life: { readonly position: Position; readonly incarnation: string; readonly epoch: number }
  work: AsideWork
}): Promise<CommittedAside> {
  const { sql, definition, cache, life, work } = options
  const { schemaName } = definition.model
  try {
    const committed = await inTransaction(sql, async (tx) => {
      await lockUntilCommit(tx, schemaName)
      const { rows: changes, touched } = await work(tx, async (plan) => {
        await loadMissing(tx, { ...options, plan })
        return cache.get
      })
      const incarnation = changes.size > 0 ? newUuid() : life.incarnation
      await writeChanges(tx, options, changes)
      await continueLife(tx, schemaName, {
        at: life.position,
        incarnation: life.incarnation,
        next: incarnation,
        epoch: life.epoch,
      })
      return { changes, incarnation, effects: await loadEffects(tx, projectionId(definition), touched) }
    })
    cache.take(committed.changes)
    return committed
  } catch (error) {
    cache.clear()
    throw error
  }
}

type CommittedAside = {
  readonly changes: ReadonlyMap<string, readonly RowChange[]>
  readonly incarnation: string
  readonly effects: readonly ActionEffect[]
}
