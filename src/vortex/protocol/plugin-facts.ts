import * as v from 'valibot'

/** `peek.plugins`: what a service has to know of the plugins to run their parts. */
export const pluginsRequestName = 'peek.plugins'

/** With the mark of what it knows already a service is answered when there is something else, or after a while. */
export const pluginsRequestSchema = v.object({ seen: v.optional(v.string()) })
export const pluginFactsSchema = v.object({
  /** Plugins to run. */
  enabled: v.pipe(v.array(v.pipe(v.string(), v.maxLength(100))), v.maxLength(10_000)),
  /** What administrators have set, by plugin. */
  settings: v.record(v.string(), v.record(v.string(), v.unknown())),
  /** The last restart that was asked for, by plugin: another one than before is to be carried out. */
  restarts: v.optional(v.record(v.string(), v.string()), {}),
  /** Names this state of things. */
  mark: v.string(),
})
export type PluginFacts = v.InferOutput<typeof pluginFactsSchema>

/** How long logic keeps a question open when nothing changes, and how long a service waits for its answer. */
export const pluginsHeldMs = 20_000
export const pluginsDeadlineMs = 30_000
