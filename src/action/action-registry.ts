import { PlatformError } from '#kernel/platform-error.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import type { DecideCase, Decider } from './decider.ts'
import type { ActionDefinition } from './define-action.ts'

/** An action with the decider that answers it. The state's type is the decider's own affair. */
export type RegisteredAction = {
  readonly plugin: string
  readonly definition: ActionDefinition
  readonly decider: Decider<unknown>
  readonly decideCase: DecideCase<unknown>
}

/** Every action of the running plugins, by name. */
export interface ActionRegistry {
  /** Takes all actions of the decider, or none: throws `bad-definition` for what could be meant in two ways. */
  register(plugin: string, decider: Decider<unknown>): void
  find(name: string): RegisteredAction | undefined
  names(): readonly string[]
}

/** Where refusals go that name no entity: no decider may have it. */
export const strayCategory = 'Stray'
const categoryPattern = /^[A-Z][A-Za-z0-9]{0,99}$/

export function createActionRegistry(): ActionRegistry {
  const actions = new Map<string, RegisteredAction>()
  const categories = new Set<string>()

  const checkCategory = (plugin: string, category: string): void => {
    if (!categoryPattern.test(category) || category === strayCategory)
      throw bad(`A decider of plugin "${plugin}" has the category "${category}": wanted letters and digits, the first
        one upper-case, and not "${strayCategory}"`)
    if (categories.has(`${plugin}.${category}`))
      throw bad(`Category "${plugin}.${category}" has two deciders: one folds a stream, so join them`)
  }
  const checkAction = (plugin: string, name: string, ownNames: readonly string[]): void => {
    if (pluginOf(name) !== plugin)
      throw bad(`Plugin "${plugin}" decides "${name}": its actions start with "${plugin}."`)
    if (actions.has(name) || ownNames.filter((one) => one === name).length > 1)
      throw bad(`Action "${name}" has two deciders: remove one of the two cases`)
  }

  return {
    register: (plugin, decider) => {
      checkCategory(plugin, decider.category)
      const names = decider.decide.map((decideCase) => decideCase.action.name)
      for (const name of names) checkAction(plugin, name, names)
      categories.add(`${plugin}.${decider.category}`)
      for (const decideCase of decider.decide)
        actions.set(decideCase.action.name, { plugin, definition: decideCase.action, decider, decideCase })
    },
    find: (name) => actions.get(name),
    names: () => [...actions.keys()],
  }
}

function bad(words: string): PlatformError {
  return new PlatformError('bad-definition', `${words.replaceAll(/\s+/g, ' ')}.`)
}
