import { must } from '#kernel/assert.ts'
import type { Position } from '#kernel/position.ts'
import { selectRowsByKey } from '#storage/bulk-write.ts'
import type { Client } from '#storage/client.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { projectionId } from '../define-projection.ts'
import { applyPlan, type FoldedBatch, keysOf, type ParkedEvent, type PlannedEvent } from '../fold.ts'
import { loadParkedStreams } from '../parked-events.ts'
import type { ProjectionCode } from '../projection-code.ts'
import { keyText, shapesOf } from '../table-shape.ts'
import { saveShadow } from './save-shadow.ts'
import { parkedNameOf } from './shadow-names.ts'
import { createShadowRows } from './shadow-rows.ts'
import { countShadowRows, shadowDefinition } from './shadow-tables.ts'

/**
 * Folds history into a shadow: rows are held in memory, and saved to the shadow's tables in large pieces with the
 * shadow's checkpoint.
 *
 * Promises: what it holds stays near `memoryBytesMax`, one page of events aside; the tables hold the rows of exactly
 * the checkpoint's position.
 * Asks: pieces in order, one call of `fold` or `rollBack` at a time; a save may go on beside folds. After a failed save,
 * `rollBack`: it goes on where the last one succeeded.
 */
export interface ShadowFold {
  position(): Position
  savedPosition(): Position
  eventCount(): number
  rowCount(): number
  heldRows(): number
  hasUnsaved(): boolean
  /** Every row there is, is in memory: folding loads nothing. */
  holdsAll(): boolean
  fold(plan: readonly PlannedEvent[], upTo: Position): Promise<FoldedBatch>
  /** Saves all that is folded by now. Waits for a save under way first. */
  save(options: { isDurable: boolean }): Promise<void>
  isSaving(): boolean
  rollBack(): Promise<void>
}

export async function openShadowFold(options: {
  readonly sql: Client
  readonly code: ProjectionCode
  readonly shadowSchema: string
  readonly epoch: number
  readonly checkpoint: Checkpoint
  readonly memoryBytesMax: number
}): Promise<ShadowFold> {
  const { sql, checkpoint, epoch, shadowSchema, memoryBytesMax } = options
  const live = options.code.definition
  const definition = shadowDefinition(live, shadowSchema)
  const shapes = shapesOf(definition.model.tables)
  const parkedName = parkedNameOf(projectionId(live), live.model.schemaName, shadowSchema)
  const rows = createShadowRows(Object.keys(shapes))
  const countRows = () => countShadowRows({ sql, definition: live, shadowSchema, epoch })
  let parkedStreams = await loadParkedStreams(sql, parkedName)
  let parked: ParkedEvent[] = []
  let rowCount = await countRows()
  /** Every row of the tables is in memory: a row that is not there does not exist. */
  let knowsAll = checkpoint.eventCount === 0 && rowCount === 0
  let saved = { position: checkpoint.position, eventCount: checkpoint.eventCount }
  let now = saved
  let saving: Promise<void> | undefined

  const loadMissing = async (plan: readonly PlannedEvent[]): Promise<void> => {
    if (knowsAll) return
    for (const [table, keys] of keysOf(plan)) {
      const missing = [...keys].filter(([key]) => !rows.has(table, key))
      if (missing.length === 0) continue
      const shape = must(shapes[table], `${table} is a table of the projection`)
      const drizzleTable = must(definition.model.tables[table], `${table} is a table of the read model`)
      const keyRows = missing.map(([, key]) => shape.keyRow(key))
      const found = await selectRowsByKey(sql, drizzleTable, keyRows)
      for (const [key] of missing) rows.put(table, key, undefined)
      for (const row of found) rows.put(table, keyText(shape.keyOf(row)), row)
    }
  }

  const makeRoom = async (): Promise<void> => {
    if (rows.heldBytes() <= memoryBytesMax) return
    // To half of it: making room for a few rows at every page would cost more than it gives.
    const wanted = Math.floor((rows.heldCount() * memoryBytesMax) / rows.heldBytes() / 2)
    if (rows.unsavedCount() > wanted) await save({ isDurable: false })
    if (rows.shrinkTo(wanted)) knowsAll = false
  }

  const countChange = (batch: FoldedBatch): void => {
    for (const changes of batch.changes.values())
      for (const { before, after } of changes) rowCount += Number(after !== undefined) - Number(before !== undefined)
  }

  const fold = async (plan: readonly PlannedEvent[], upTo: Position): Promise<FoldedBatch> => {
    await loadMissing(plan)
    const batch = applyPlan(plan, rows.get, (stream) => parkedStreams.has(stream), { notesActs: false })
    rows.take(batch.changes)
    countChange(batch)
    for (const one of batch.parked) {
      parked.push(one)
      parkedStreams.set(one.event.stream, (parkedStreams.get(one.event.stream) ?? 0) + 1)
    }
    now = { position: upTo, eventCount: now.eventCount + plan.length }
    await makeRoom()
    return batch
  }

  const save = async ({ isDurable }: { isDurable: boolean }): Promise<void> => {
    while (saving) await saving
    if (now === saved && !isDurable) return
    saving = saveNow(isDurable).finally(() => {
      saving = undefined
    })
    await saving
  }

  const saveNow = async (isDurable: boolean): Promise<void> => {
    const to = now
    const parkedNow = parked
    parked = []
    const move = {
      from: saved.position,
      to: to.position,
      incarnation: checkpoint.incarnation,
      epoch,
      eventCount: to.eventCount - saved.eventCount,
    }
    const work = { rows: rows.takeUnsaved(), parked: parkedNow, move, isDurable }
    await saveShadow({ sql, definition, shapes, parkedName }, work)
    rows.noteSaved()
    saved = to
  }

  return {
    position: () => now.position,
    savedPosition: () => saved.position,
    eventCount: () => now.eventCount,
    rowCount: () => rowCount,
    heldRows: rows.heldCount,
    hasUnsaved: () => now !== saved,
    holdsAll: () => knowsAll,
    isSaving: () => saving !== undefined,
    fold,
    save,
    rollBack: async () => {
      await saving?.catch(() => undefined)
      rows.clear()
      parked = []
      knowsAll = false
      now = saved
      parkedStreams = await loadParkedStreams(sql, parkedName)
      rowCount = await countRows()
    },
  }
}
