import { isPlatformError } from '#kernel/platform-error.ts'
import type { Outcome, PastOutcomes } from './action-request.ts'
import type { CheckedAction } from './checked-action.ts'
import { type Entity, hasRun } from './entity.ts'
import type { EntityCache } from './entity-cache.ts'

/** Where the answer of an action that ran before is found: the entity, the ids seen lately, the list of past actions. */
export type OutcomeSources = {
  readonly entity: Entity
  readonly past: PastOutcomes
  readonly cache: Pick<EntityCache, 'streamOf' | 'isInDoubt' | 'peek'>
}

/** `elsewhere`: the id is another entity's. `unknown`: it may have run, and nobody can say just now how. */
export type FoundOutcome = Outcome | 'new' | 'elsewhere' | 'unknown'

/** What became of the action, should it have run before (E2). */
export async function findOutcome(
  { entity, past, cache }: OutcomeSources,
  checked: CheckedAction,
): Promise<FoundOutcome> {
  const { id } = checked.request
  const remembered = entity.outcomes.get(id)
  if (remembered) return remembered
  const stream = cache.streamOf(id)
  if (stream !== undefined && stream !== checked.stream) return 'elsewhere'
  const wasForgotten = entity.forgotten.has(id)
  if (wasForgotten === false) return 'new'
  const found = await findPast(past, id)
  if (found === 'unknown') return found
  if (found === undefined) return wasForgotten === true ? 'unknown' : 'new'
  return found.stream === checked.stream ? found.outcome : 'elsewhere'
}

/**
 * Whether the predecessor in the lane was answered for good (E3). It may be of another stream, such as a refusal that named
 * no entity: that must have been answered too, since it may stand between two of one entity.
 */
export async function isPredecessorKnown(
  { entity, past, cache }: OutcomeSources,
  checked: CheckedAction,
  prev: string,
): Promise<boolean> {
  if (hasRun(entity, prev) === true) return true
  const stream = cache.streamOf(prev)
  const home = stream === undefined || stream === checked.stream ? entity : cache.peek(stream)
  const ran = home ? hasRun(home, prev) : 'unknown'
  if (ran === true) return true
  // It was here, and was not taken: nobody else can know more of it than its own entity.
  if (stream !== undefined && ran === false) return false
  const found = await findPast(past, prev)
  return found !== undefined && found !== 'unknown'
}

async function findPast(past: PastOutcomes, actionId: string) {
  try {
    return await past.find(actionId)
  } catch (error) {
    if (isPlatformError(error)) return 'unknown'
    throw error
  }
}
