import type { EventSchema } from '#event-store/upcast.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { LogicPart } from '#plugin-api/define-plugin.ts'
import { readShapes, schemaOf } from '#plugin-api/handled-schemas.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import type { PluginManifest } from './manifest.ts'

/**
 * A plugin may project what another records, and react to it. Checks that both mean the same version, and gives the schemas of facts that
 * their own plugin records without ever reading them, so that a newer version is noticed there too (seam 10).
 * Throws `bad-definition`.
 */
export function eventsOfOthers(
  { id: plugin, requires }: Pick<PluginManifest, 'id' | 'requires'>,
  { projections, reactors }: LogicPart,
  known: readonly EventSchema[],
): readonly EventSchema[] {
  const missing = new Map<string, EventSchema>()
  for (const shape of readShapes([...projections, ...reactors])) {
    const { name: type, version } = shape
    const owner = pluginOf(type)
    if (owner === plugin || owner === 'peek') continue
    if (!(owner in requires))
      throw bad(`Plugin "${plugin}" reads "${type}" and does not require "${owner}": add it to "requires"`)
    const schema =
      known.find((one) => one.type === type) ??
      missing.get(type) ??
      (shape.from ? schemaOf(shape) : { type, version: 1, upcasts: [] })
    if (schema.version !== version)
      throw bad(`Plugin "${plugin}" reads version ${version} of "${type}", and plugin "${owner}" has it at version
        ${schema.version}: upgrade one of them, or let "${owner}" list the event schema`)
    if (!known.includes(schema)) missing.set(type, schema)
  }
  return [...missing.values()]
}

function bad(words: string): PlatformError {
  return new PlatformError('bad-definition', `${words.replaceAll(/\s+/g, ' ')}.`)
}
