import type { JsonObject } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Outcome, PastOutcomes } from './action-request.ts'
import type { CheckedAction } from './checked-action.ts'
import type { Decider, Decision, Fact } from './decider.ts'
import type { Entity } from './entity.ts'
import { evolve } from './entity.ts'
import type { EntityCache } from './entity-cache.ts'

/** What a batch came to, in its order: an answer known already, or something to append first. */
export type Decided =
  | { readonly step: 'answer'; readonly checked: CheckedAction; readonly answer: Answer }
  | { readonly step: 'accept'; readonly checked: CheckedAction; readonly facts: readonly Fact[] }
  | { readonly step: 'refuse'; readonly checked: CheckedAction; readonly kind: string; readonly words: string }

export type DecidedBatch = { readonly steps: readonly Decided[]; readonly state: unknown }

/** Decides each action on the state its predecessors left. Nothing is changed: the caller commits. */
export async function decideBatch(options: {
  entity: Entity
  decider: Decider<unknown> | undefined
  batch: readonly CheckedAction[]
  past: PastOutcomes
  cache: Pick<EntityCache, 'streamOf'>
  log: Log
}): Promise<DecidedBatch> {
  const { entity, decider, batch, log } = options
  const steps: Decided[] = []
  const inThisBatch = new Map<string, Decided>()
  let state = entity.state

  for (const checked of batch) {
    const { id } = checked.request
    const earlier = inThisBatch.get(id)
    const known = earlier ? undefined : await findOutcome(options, checked)
    const step = earlier ? repeatInBatch(earlier, checked) : known ? repeat(known, checked) : decideOne(checked)
    steps.push(step)
    if (!earlier && !known) inThisBatch.set(id, step)
  }
  return { steps, state }

  function decideOne(checked: CheckedAction): Decided {
    const { request, verdict, data } = checked
    if (
      request.prev !== undefined &&
      !entity.outcomes.has(request.prev) &&
      !isDecided(inThisBatch.get(request.prev)) &&
      !entity.hasForgotten
    )
      return outOfOrder(checked, request.prev)
    if (!verdict.ok) return { step: 'refuse', checked, kind: verdict.kind, words: verdict.words }
    const decision = decideSafely(checked, verdict.action.decideCase.decide, state)
    if (!decision.accepted) return { step: 'refuse', checked, kind: decision.kind, words: decision.words }
    state = evolve(decider, state, request.name, data)
    for (const fact of decision.facts) state = evolve(decider, state, fact.definition.name, fact.data)
    return { step: 'accept', checked, facts: decision.facts }
  }

  /** A decider that throws is a bug of its plugin: the action is refused with that reason, and nobody else notices. */
  function decideSafely(checked: CheckedAction, decide: DecideFunction, current: unknown): Decision {
    try {
      const { by, at } = checked.request
      return decide(checked.data, current, { entityId: checked.entityId, by, at })
    } catch (error) {
      log.error(`the decider of ${checked.request.name} threw: ${describeError(error)}`, {
        actionId: checked.request.id,
      })
      const words = `Plugin "${checked.plugin}" failed on this action: ${describeError(error)}`
      return { accepted: false, kind: 'plugin-failed', words }
    }
  }
}

type DecideFunction = (
  fields: JsonObject,
  state: unknown,
  context: { entityId: string; by: CheckedAction['request']['by']; at: number },
) => Decision

async function findOutcome(
  options: { entity: Entity; past: PastOutcomes; cache: Pick<EntityCache, 'streamOf'> },
  checked: CheckedAction,
): Promise<Outcome | 'elsewhere' | undefined> {
  const { id } = checked.request
  const remembered = options.entity.outcomes.get(id)
  if (remembered) return remembered
  const stream = options.cache.streamOf(id)
  if (stream !== undefined && stream !== checked.stream) return 'elsewhere'
  if (!options.entity.hasForgotten) return undefined
  const past = await options.past.find(id)
  return past && past.stream !== checked.stream ? 'elsewhere' : past?.outcome
}

function repeat(known: Outcome | 'elsewhere', checked: CheckedAction): Decided {
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

function outOfOrder(checked: CheckedAction, prev: string): Decided {
  const words = `Action ${prev}, pushed before this one, has not arrived: send it first, then this one again.`
  return { step: 'answer', checked, answer: { outcome: 'failed', kind: 'out-of-order', words } }
}

function isDecided(step: Decided | undefined): boolean {
  return step !== undefined && (step.step !== 'answer' || step.answer.outcome !== 'failed')
}
