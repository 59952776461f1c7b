import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import type { CheckedAction } from './checked-action.ts'
import type { Decided } from './decided.ts'
import type { Fact } from './decider.ts'
import { evolve } from './entity.ts'

/**
 * One action through its decider: what to append, and the state after it. A plugin that throws, or records what is not
 * its own, has a bug: the action is refused as `plugin-failed` with that reason, the state stays, and others go on.
 */
export function decideOne(checked: CheckedAction, state: unknown, log: Log): { step: Decided; state: unknown } {
  const { request, verdict, decider } = checked
  if (verdict.is === 'too-new') return { step: notTakenYet(checked, verdict.words), state }
  if (verdict.is === 'refused')
    return { step: { step: 'refuse', checked, kind: verdict.kind, words: verdict.words }, state }
  const { action, fields } = verdict
  try {
    const { by, at } = request
    const decision = action.decideCase.decide(fields, state, { entityId: checked.entityId, by, at })
    if (!decision.accepted)
      return { step: { step: 'refuse', checked, kind: decision.kind, words: decision.words }, state }
    let after = evolve(decider, state, request.name, fields)
    for (const fact of decision.facts) {
      checkFact(checked.plugin, fact)
      after = evolve(decider, after, fact.definition.name, fact.data)
    }
    const { facts, changed } = decision
    return { step: { step: 'accept', checked, facts, ...(changed && { changed }) }, state: after }
  } catch (error) {
    log.error(`the decider of ${request.name} failed: ${describeError(error)}`, { actionId: request.id })
    const words = `Plugin "${checked.plugin}" failed on this action: ${describeError(error)}`
    return { step: { step: 'refuse', checked, kind: 'plugin-failed', words }, state }
  }
}

/** Nothing is recorded, so that the same action has its answer still before it. */
function notTakenYet(checked: CheckedAction, words: string): Decided {
  return { step: 'answer', checked, answer: { outcome: 'failed', kind: 'wrong-version', words } }
}

/** What is written once stays for ever, so it must be right: the plugin's own type (E5), and data that fits it. */
function checkFact(plugin: string, { definition, data }: Fact): void {
  if (pluginOf(definition.name) !== plugin)
    throw new Error(`it records "${definition.name}", and its events start with "${plugin}."`)
  const parsed = parseWith(definition.schema, data)
  if (!parsed.ok) throw new Error(`its fact "${definition.name}" is wrong: ${parsed.words}`)
}
