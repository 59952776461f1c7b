import type { JsonObject } from '#kernel/json.ts'
import type { EventShape } from '#vortex/protocol/earlier-versions.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import type { ActionDefinition, EventDefinition } from './define-action.ts'

/** A fact to record: made by `fact`, appended after its action in the same append. */
export type Fact = { readonly definition: EventDefinition; readonly data: JsonObject }

/**
 * What `decide` says: yes, with facts to record besides the action, and a sentence where it is done in another way than
 * asked for; or no, with a kind and a sentence.
 */
export type Decision =
  | { readonly accepted: true; readonly facts: readonly Fact[]; readonly changed?: string }
  | { readonly accepted: false; readonly kind: string; readonly words: string }

/** What a decision may depend on besides the action's fields and the entity's state. */
export type DecisionContext = {
  readonly entityId: string
  readonly by: Principal
  /** When it happened on the device, milliseconds since 1970. */
  readonly at: number
}

export type DecideCase<S> = {
  readonly action: ActionDefinition
  decide(fields: JsonObject, state: S, context: DecisionContext): Decision
}
export type EvolveCase<S> = {
  readonly type: string
  /** Today's version of the data. */
  readonly version: number
  readonly event: EventShape
  evolve(state: S, data: JsonObject): S
}

/** The business of one category of entities: pure, and one case an action or event. */
export type Decider<S> = {
  readonly category: string
  initialState(): S
  readonly decide: readonly DecideCase<S>[]
  readonly evolve: readonly EvolveCase<S>[]
}

export function defineDecider<S>(decider: Decider<S>): Decider<S> {
  return decider
}

export function accept(...facts: readonly Fact[]): Decision {
  return { accepted: true, facts }
}

/**
 * Done, but not as asked for: whoever pushed it sees the sentence beside what they entered. What did happen is in the facts,
 * since the action itself is recorded as it was sent.
 */
export function acceptChanged(words: string, ...facts: readonly Fact[]): Decision {
  return { accepted: true, facts, changed: words }
}

export function reject(kind: string, words: string): Decision {
  return { accepted: false, kind, words }
}

export function fact<F extends Fields>(definition: EventDefinition<F>, data: FieldValues<F>): Fact {
  return { definition, data: data as JsonObject }
}

/** The case of one action: its fields arrive checked and typed. */
export function decideOn<F extends Fields, S>(
  action: ActionDefinition<F>,
  decide: (fields: FieldValues<F>, state: S, context: DecisionContext) => Decision,
): DecideCase<S> {
  return { action, decide: (fields, state, context) => decide(fields as FieldValues<F>, state, context) }
}

/** How one action or fact changes the state; the data has been brought to today's version. */
export function evolveOn<F extends Fields, S>(
  definition: ActionDefinition<F> | EventDefinition<F>,
  evolve: (state: S, data: FieldValues<F>) => S,
): EvolveCase<S> {
  const { name: type, version } = definition
  return { type, version, event: definition, evolve: (state, data) => evolve(state, data as FieldValues<F>) }
}
