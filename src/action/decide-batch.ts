import type { Log } from '#kernel/log.ts'
import type { CheckedAction } from './checked-action.ts'
import { decideOne } from './decide-one.ts'
import type { Decided, DecidedBatch } from './decided.ts'
import { type FoundOutcome, findOutcome, isPredecessorKnown, type OutcomeSources } from './find-outcome.ts'

/** Decides each action on the state its predecessors left. Nothing is changed: the caller commits. */
export async function decideBatch(
  options: OutcomeSources & { readonly batch: readonly CheckedAction[]; readonly log: Log },
): Promise<DecidedBatch> {
  const { entity, batch, log } = options
  const outcomes = await Promise.all(batch.map((checked) => findOutcome(options, checked)))
  const steps: Decided[] = []
  const byId = new Map<string, Decided>()
  let state = entity.state

  for (const [index, checked] of batch.entries()) {
    const { id } = checked.request
    const found = await stepOf(checked, outcomes[index] ?? 'unknown')
    // An append whose answer never came can still land, and accept the very action that is refused here (E2). The next
    // accepted action of the entity ends that doubt, and so does time.
    const isDoubtful = isRefusal(found) && options.cache.isInDoubt(checked.stream, entity.revision, id)
    const step = isDoubtful ? notKnownYet(checked) : found
    steps.push(step)
    if (!isDecided(byId.get(id))) byId.set(id, step)
  }
  return { steps, state }

  async function stepOf(checked: CheckedAction, outcome: FoundOutcome): Promise<Decided> {
    const { id, prev } = checked.request
    if (outcome !== 'new') return repeat(outcome, checked)
    const earlier = byId.get(id)
    if (earlier && isDecided(earlier)) return repeatInBatch(earlier, checked)
    if (prev !== undefined && !(await hasComeBefore(checked, prev))) return outOfOrder(checked, prev)
    const decided = decideOne(checked, state, log)
    state = decided.state
    return decided.step
  }

  /** One that came in this batch and was not taken need not be looked for: behind a gap there may be a hundred of them. */
  async function hasComeBefore(checked: CheckedAction, prev: string): Promise<boolean> {
    const inBatch = byId.get(prev)
    return inBatch ? isDecided(inBatch) : isPredecessorKnown(options, checked, prev)
  }
}

function repeat(known: Exclude<FoundOutcome, 'new'>, checked: CheckedAction): Decided {
  if (known === 'unknown') return notKnownYet(checked)
  if (known === 'elsewhere' || known.bodyHash !== checked.bodyHash) return reused(checked)
  return { step: 'answer', checked, answer: known.answer }
}

/** The same id twice in one append: the second gets the first one's answer, filled in when it is known. */
function repeatInBatch(earlier: Decided, checked: CheckedAction): Decided {
  return earlier.checked.bodyHash === checked.bodyHash ? { ...earlier, checked } : reused(checked)
}

/** Not recorded: the id's one outcome is in the log already, and a second one would contradict it. */
function reused(checked: CheckedAction): Decided {
  const words = `Action id ${checked.request.id} was used before with other content: give every action an id of its own.`
  return { step: 'answer', checked, answer: { outcome: 'rejected', kind: 'action-id-reused', words, position: '' } }
}

function notKnownYet(checked: CheckedAction): Decided {
  const words = 'This action may have run before, and its answer cannot be found just now; send it again.'
  return { step: 'answer', checked, answer: { outcome: 'failed', kind: 'unavailable', words } }
}

function outOfOrder(checked: CheckedAction, prev: string): Decided {
  const words = `Action ${prev}, pushed before this one, has not arrived: send it first, then this one again.`
  return { step: 'answer', checked, answer: { outcome: 'failed', kind: 'out-of-order', words } }
}

function isRefusal(step: Decided): boolean {
  return step.step === 'refuse' || (step.step === 'answer' && step.answer.outcome === 'rejected')
}

function isDecided(step: Decided | undefined): boolean {
  return step !== undefined && (step.step !== 'answer' || step.answer.outcome !== 'failed')
}
