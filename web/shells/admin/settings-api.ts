import * as v from 'valibot'
import { RequestError, requestJson } from '../kit/request-json.ts'

/** The admin site's requests about settings of plugins. That they changed comes as live rows; what they are is asked for. */

const controlSchema = v.variant('kind', [
  v.object({ kind: v.literal('text') }),
  v.object({ kind: v.literal('number'), isWhole: v.boolean() }),
  v.object({ kind: v.literal('toggle') }),
  v.object({ kind: v.literal('choice'), choices: v.array(v.string()) }),
  v.object({ kind: v.literal('instant') }),
  v.object({ kind: v.literal('id') }),
  v.object({ kind: v.literal('lines') }),
  v.object({ kind: v.literal('json') }),
])

const fieldSchema = v.object({
  name: v.string(),
  help: v.string(),
  takes: v.string(),
  isNullable: v.boolean(),
  control: controlSchema,
  value: v.unknown(),
  default: v.unknown(),
})
export type SettingField = v.InferOutput<typeof fieldSchema>

const settingsSchema = v.object({
  plugin: v.string(),
  title: v.string(),
  revision: v.number(),
  changed: v.nullable(v.object({ by: v.string(), at: v.number() })),
  fields: v.array(fieldSchema),
})
export type PluginSettings = v.InferOutput<typeof settingsSchema>

const changesSchema = v.object({
  changes: v.array(
    v.object({
      revision: v.number(),
      by: v.string(),
      at: v.number(),
      fields: v.array(v.object({ name: v.string(), from: v.unknown(), to: v.unknown() })),
    }),
  ),
})
export type SettingsChange = v.InferOutput<typeof changesSchema>['changes'][number]

/** What was wrong with values that were sent, by field. */
export class SettingsFault extends Error {
  override readonly name = 'SettingsFault'
  readonly faults: Readonly<Record<string, string>>
  constructor(words: string, faults: Readonly<Record<string, string>>) {
    super(words)
    this.faults = faults
  }
}

const urlOf = (plugin: string): string => `/api/settings/${encodeURIComponent(plugin)}`

export function loadSettings(plugin: string, signal?: AbortSignal): Promise<PluginSettings> {
  return requestJson(urlOf(plugin), settingsSchema, signal === undefined ? {} : { signal })
}

/** Who changed what when, newest first. */
export async function loadSettingsChanges(plugin: string, signal?: AbortSignal): Promise<readonly SettingsChange[]> {
  const options = signal === undefined ? {} : { signal }
  return (await requestJson(`${urlOf(plugin)}/changes?limit=50`, changesSchema, options)).changes
}

const faultsSchema = v.object({ error: v.object({ words: v.string(), fields: v.record(v.string(), v.string()) }) })

/** Throws `SettingsFault` for values that do not fit. */
export async function saveSettings(
  plugin: string,
  edit: { readonly values: Readonly<Record<string, unknown>>; readonly revision: number },
): Promise<PluginSettings> {
  try {
    return await requestJson(urlOf(plugin), settingsSchema, { method: 'POST', body: edit })
  } catch (error) {
    const parsed = error instanceof RequestError ? v.safeParse(faultsSchema, error.body) : undefined
    if (parsed?.success) throw new SettingsFault(parsed.output.error.words, parsed.output.error.fields)
    throw error
  }
}
