import { join } from 'node:path'
import { PlatformError } from '#kernel/platform-error.ts'
import type { PartService, PluginDefinition } from '#plugin-api/define-plugin.ts'
import type { DiscoveredPlugin } from './discover-plugins.ts'

const services: readonly PartService[] = ['logic', 'field', 'office', 'agent', 'worker']

/**
 * Runs a plugin's `plugin.ts`, which loads none of its parts yet. The manifest's `services` and the parts of the
 * definition must name the same services: what a reader of the manifest expects to run, runs, and nothing else.
 * Throws `bad-definition`, or whatever the module throws.
 */
export async function importPlugin({ folder, manifest }: DiscoveredPlugin): Promise<PluginDefinition> {
  const path = join(folder, 'plugin.ts')
  const module: unknown = await import(path)
  // A module's namespace has no prototype, so `instanceof Object` does not hold for it.
  const plugin = typeof module === 'object' && module !== null && 'plugin' in module ? module.plugin : undefined
  if (!isDefinition(plugin) || plugin.id !== manifest.id)
    throw bad(`${path} must export \`plugin = definePlugin({ id: "${manifest.id}", ... })\`.`)
  for (const service of services) checkService(manifest, plugin, service)
  return plugin
}

function checkService(
  { id, services: named }: DiscoveredPlugin['manifest'],
  plugin: PluginDefinition,
  service: PartService,
) {
  const isNamed = named.includes(service)
  const isDefined = plugin.parts[service] !== undefined
  if (isNamed && !isDefined)
    throw bad(
      `The manifest of "${id}" names the service "${service}", and its plugin.ts has no part for it: add the part or take "${service}" out of "services".`,
    )
  if (isDefined && !isNamed)
    throw bad(
      `The plugin.ts of "${id}" has a part for ${service}, and its manifest does not name that service: add "${service}" to "services".`,
    )
}

function isDefinition(value: unknown): value is PluginDefinition {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    'parts' in value &&
    typeof value.parts === 'object' &&
    value.parts !== null
  )
}

function bad(words: string): PlatformError {
  return new PlatformError('bad-definition', words)
}
