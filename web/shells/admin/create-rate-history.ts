import { type Accessor, createEffect, on, untrack } from 'solid-js'
import { createNow } from '#web/ui'
import { isOver, type RebuildRow } from './rebuild-looks.ts'

/** Two minutes, a value a second. */
export const rateCountMax = 120

/** By rebuild: kept beside the pages, so that going to another one and back does not begin anew. */
const histories = new Map<string, readonly number[]>()

/** How fast a rebuild went since it is watched, oldest first. */
export function createRateHistory(rebuild: Accessor<RebuildRow>): Accessor<readonly number[]> {
  const now = createNow()
  let shown: readonly number[] = []
  createEffect(
    on(now, () => {
      const row = untrack(rebuild)
      if (isOver(row)) return
      const rates = [...(histories.get(row.id) ?? []), row.isPaused ? 0 : row.eventsPerSecond]
      histories.set(row.id, rates.slice(-rateCountMax))
    }),
  )
  return () => {
    now()
    shown = histories.get(rebuild().id) ?? shown
    return shown
  }
}
