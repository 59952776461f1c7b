import { createUpcasters } from '#event-store/upcast.ts'
import { watchedFieldsOf } from '#observable/source/watched-fields.ts'
import type { LogicPart, PluginDefinition } from '#plugin-api/define-plugin.ts'
import type { ProjectionDefinition } from '#projection/define-projection.ts'
import type { ProjectionCode } from '#projection/projection-code.ts'
import { eventsOfOthers } from '../events-of-others.ts'

/**
 * What a bundle of kept code holds. This file is bundled with the code it describes, so that both stay as they were; only
 * the shape below must be understood by later builds, which look at `format` first.
 */
export type KeptModule = {
  readonly format: typeof keptFormat
  load(): Promise<readonly KeptCode[]>
}
/** Without `upcast`: projects events of every plugin, and sees them as today's plugins do. */
export type KeptCode = Omit<ProjectionCode, 'upcast'> & { readonly upcast: ProjectionCode['upcast'] | undefined }

export const keptFormat = 1

type PluginToKeep = {
  readonly manifest: { readonly id: string; readonly requires: Readonly<Record<string, string>> }
  readonly plugin: PluginDefinition
}

/** The projections of the last of these plugins; the others are those it requires, in order. */
export async function describePlugin(plugins: readonly PluginToKeep[]): Promise<readonly KeptCode[]> {
  const upcasters = createUpcasters()
  const known: LogicPart['eventSchemas'][number][] = []
  let last: LogicPart | undefined
  for (const { manifest, plugin } of plugins) {
    last = await plugin.parts.logic?.()
    if (!last) continue
    const schemas = [...last.eventSchemas, ...eventsOfOthers(manifest, last, known)]
    known.push(...schemas)
    upcasters.addAll(schemas)
  }
  const { projections = [], observables = [] } = last ?? {}
  return projections.map((definition) => ({
    definition,
    upcast: upcasters.upcast,
    watchedFields: watchedFieldsOf(observables, `${definition.plugin}.${definition.name}`),
  }))
}

/** The platform's own read models. */
export async function describePlatform(definitions: readonly ProjectionDefinition[]): Promise<readonly KeptCode[]> {
  return definitions.map((definition) => ({ definition, upcast: undefined, watchedFields: {} }))
}
