import { createActionRegistry } from '#action/action-registry.ts'
import { checkAction } from '#action/checked-action.ts'
import { decideOne } from '#action/decide-one.ts'
import type { Decided } from '#action/decided.ts'
import type { Decider, Fact } from '#action/decider.ts'
import { evolve } from '#action/entity.ts'
import { newUuid } from '#kernel/ids.ts'
import { canonicalJson } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import { deepFreeze, type PriorEvent, type PushedAction, showJson, somebody, someInstant } from './happened.ts'

/**
 * A spec of a decider, in the words of its business:
 *
 *     given(stringInt, [happened(AddStringInt, { … })])
 *       .when(action(DeleteStringInt, { … }))
 *       .thenAppended()
 *
 * Everything runs as on the platform: the fields are checked, facts are checked, a decider that throws is a refusal
 * `plugin-failed`. The state is frozen, since a decider that changes it would be wrong in production only.
 */
export function given<S>(decider: Decider<S>, priorEvents: readonly PriorEvent[] = []): GivenDecider {
  const untyped: Decider<unknown> = decider
  const state = priorEvents.reduce<unknown>(
    (before, { definition, data }) => evolve(untyped, deepFreeze(before), definition.name, deepFreeze(data)),
    untyped.initialState(),
  )
  return { when: (pushed, context = {}) => outcomeOf(decide(untyped, deepFreeze(state), pushed, context)) }
}

export interface GivenDecider {
  when(pushed: PushedAction, context?: { readonly by?: Principal; readonly at?: number }): DecidedSpec
}

export interface DecidedSpec {
  /** Accepted, with exactly these facts behind the action itself. */
  thenAppended(...facts: readonly Fact[]): void
  /** The same, but not done as asked for, in these words. */
  thenChanged(words: string, ...facts: readonly Fact[]): void
  /** Refused for this reason, and in these words where they are given. */
  thenRejected(kind: string, words?: string): void
}

function decide(
  decider: Decider<unknown>,
  state: unknown,
  { definition, fields }: PushedAction,
  { by = somebody, at = someInstant }: { readonly by?: Principal; readonly at?: number },
): Decided {
  const registry = createActionRegistry()
  registry.register(pluginOf(definition.name), decider)
  const { name, version } = definition
  const checked = checkAction(registry, { id: newUuid(), name, version, at, by, body: JSON.stringify(fields) })
  if (checked.verdict.is === 'sound') deepFreeze(checked.verdict.fields)
  return decideOne(checked, state, silentLog).step
}

function outcomeOf(step: Decided): DecidedSpec {
  const appended = (changed: string | undefined, facts: readonly Fact[]): void => {
    if (step.step === 'refuse') throw new Error(`It was rejected as "${step.kind}": ${step.words}`)
    if (step.step === 'answer') throw new Error(`It was not decided: ${JSON.stringify(step.answer)}`)
    if (step.changed !== changed)
      throw new Error(`It was accepted with the change "${step.changed ?? 'none'}", wanted "${changed ?? 'none'}".`)
    const found = step.facts.map(nameAndData)
    const wanted = facts.map(nameAndData)
    if (canonicalJson(found) !== canonicalJson(wanted))
      throw new Error(`It appended other facts.\nFound: ${showJson(found)}\nWanted: ${showJson(wanted)}`)
  }
  return {
    thenAppended: (...facts) => appended(undefined, facts),
    thenChanged: (words, ...facts) => appended(words, facts),
    thenRejected: (kind, words) => {
      if (step.step !== 'refuse') throw new Error(`It was accepted, wanted a rejection "${kind}".`)
      if (step.kind !== kind) throw new Error(`It was rejected as "${step.kind}" (${step.words}), wanted "${kind}".`)
      if (words !== undefined && step.words !== words)
        throw new Error(`It was rejected in the words "${step.words}", wanted "${words}".`)
    },
  }
}

function nameAndData({ definition, data }: Fact) {
  return { name: definition.name, data }
}
