import type { Log } from '#kernel/log.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import type { LogicPart } from '#plugin-api/define-plugin.ts'
import { checkLogicPart } from './check-logic-part.ts'
import type { DiscoveredPlugin } from './discover-plugins.ts'
import { eventsOfOthers } from './events-of-others.ts'
import { loadPart } from './load-part.ts'

/** A plugin whose part for this service is loaded: definitions only, nothing runs yet. */
export type LoadedPlugin = DiscoveredPlugin & { readonly logic: LogicPart | undefined }

/** Loads the logic parts. One that fails is reported and left out with those that require it; the others go on. */
export async function loadLogicParts(plugins: readonly DiscoveredPlugin[], log: Log): Promise<LoadedPlugin[]> {
  const loaded: LoadedPlugin[] = []
  for (const plugin of plugins) {
    const { id, requires } = plugin.manifest
    const missing = Object.keys(requires).find((required) => !loaded.some((one) => one.manifest.id === required))
    try {
      if (missing !== undefined)
        throw new PlatformError('plugin-failed', `it requires "${missing}", which did not load`)
      const logic = await loadPart(plugin, 'logic')
      loaded.push({ ...plugin, logic: logic && checked(plugin, logic, loaded) })
    } catch (error) {
      log.error(`plugin "${id}" is left out: ${describeError(error)}`, { plugin: id, part: 'logic' })
    }
  }
  return loaded
}

function checked({ manifest }: DiscoveredPlugin, logic: LogicPart, loaded: readonly LoadedPlugin[]): LogicPart {
  checkLogicPart(manifest.id, logic)
  const known = loaded.flatMap((plugin) => plugin.logic?.eventSchemas ?? [])
  return { ...logic, eventSchemas: [...logic.eventSchemas, ...eventsOfOthers(manifest, logic, known)] }
}
