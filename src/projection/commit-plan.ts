import { describeError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import type { FoldedBatch, PlannedEvent } from './fold.ts'

/** Commits a plan up to a position in one transaction. Throws what Postgres throws, nothing changed. */
export type Commit = (plan: readonly PlannedEvent[], to: Position) => Promise<FoldedBatch>

/**
 * Commits a plan; one that Postgres refuses for its data is halved until the guilty event stands alone, and that one is
 * parked (P5). The commits cover the plan in order, so each may be announced like any other.
 */
export async function commitPlan(commit: Commit, plan: readonly PlannedEvent[], to: Position): Promise<void> {
  try {
    await commit(plan, to)
  } catch (error) {
    const [first] = plan
    if (!isDataError(error) || !first) throw error
    if (plan.length === 1) {
      // Nothing of the event is written any more: should that fail too, it is not the event's fault.
      if (first.failure !== undefined) throw error
      await commit([{ ...first, operations: [], failure: describeError(error) }], to)
      return
    }
    const middle = Math.ceil(plan.length / 2)
    await commitPlan(commit, plan.slice(0, middle), plan[middle - 1]?.event.position ?? to)
    await commitPlan(commit, plan.slice(middle), to)
  }
}

/** Classes 22 (data), 23 (constraint) and 54 (limits): the event is at fault, not the connection. */
export function isDataError(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause)
    if ('code' in current && typeof current.code === 'string' && /^(22|23|54)...$/.test(current.code)) return true
  return false
}
