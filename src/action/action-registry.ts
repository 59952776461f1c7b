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
  register(plugin: string, decider: Decider<unknown>): void
  find(name: string): RegisteredAction | undefined
  /** The decider of a plugin's category: the one that folds its streams. */
  names(): readonly string[]
}

export function createActionRegistry(): ActionRegistry {
  const actions = new Map<string, RegisteredAction>()
  return {
    register: (plugin, decider) => {
      for (const decideCase of decider.decide) {
        const name = decideCase.action.name
        if (pluginOf(name) !== plugin)
          throw new PlatformError(
            'bad-definition',
            `Plugin "${plugin}" decides "${name}": its actions start with "${plugin}."`,
          )
        if (actions.has(name))
          throw new PlatformError('bad-definition', `Action "${name}" has two deciders: remove one of the two cases`)
        actions.set(name, { plugin, definition: decideCase.action, decider, decideCase })
      }
    },
    find: (name) => actions.get(name),
    names: () => [...actions.keys()],
  }
}
