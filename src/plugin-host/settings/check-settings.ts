import { canonicalJson, type JsonObject } from '#kernel/json.ts'
import { nearestName } from '#kernel/nearest.ts'
import type { SettingsDefinition } from '#plugin-api/part-context.ts'
import { parseWith } from '#vortex/protocol/parse.ts'

/** What is wrong, by field, each in words that follow the field's name. */
export type FieldFaults = { readonly [field: string]: string }

/**
 * Checks all values of a plugin's settings before they are kept: every field of the definition, and no other. A field at its
 * default is not kept: a later version of the plugin may have a better one.
 */
export function checkSettings(
  definition: SettingsDefinition,
  values: JsonObject,
): { readonly ok: true; readonly kept: JsonObject } | { readonly ok: false; readonly faults: FieldFaults } {
  const faults: { [field: string]: string } = {}
  const kept: { [field: string]: JsonObject[string] } = {}
  for (const [name, value] of Object.entries(values)) {
    const field = Object.hasOwn(definition.fields, name) ? definition.fields[name] : undefined
    if (!field) {
      faults[name] = unknownWords(name, Object.keys(definition.fields))
      continue
    }
    const parsed = parseWith(field, value)
    if (!parsed.ok) faults[name] = parsed.words
    else if (canonicalJson(value) !== canonicalJson(definition.defaults[name])) kept[name] = value
  }
  return Object.keys(faults).length === 0 ? { ok: true, kept } : { ok: false, faults }
}

function unknownWords(name: string, names: readonly string[]): string {
  const near = nearestName(name, names)
  return `is no setting of this plugin${near ? `; did you mean "${near}"?` : ''}`
}
