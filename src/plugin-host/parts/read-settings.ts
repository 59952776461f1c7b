import * as v from 'valibot'
import type { JsonObject } from '#kernel/json.ts'
import type { SettingsDefinition } from '#plugin-api/part-context.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'

/**
 * What is kept, as the definition of today wants it: a field that was never set, or whose kept value no longer fits, has
 * its default. What does not fit is named, so that somebody may be told.
 */
export function readSettings<F extends Fields>(
  definition: SettingsDefinition<F>,
  kept: JsonObject | undefined,
): { readonly values: FieldValues<F>; readonly unfit: readonly string[] } {
  const unfit: string[] = []
  const values = Object.entries(definition.fields).map(([name, field]) => {
    if (kept === undefined || !Object.hasOwn(kept, name)) return [name, definition.defaults[name]]
    const read = v.safeParse(field, kept[name])
    if (read.success) return [name, read.output]
    unfit.push(name)
    return [name, definition.defaults[name]]
  })
  return { values: Object.fromEntries(values) as FieldValues<F>, unfit }
}
