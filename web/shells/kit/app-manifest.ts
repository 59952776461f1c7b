import * as v from 'valibot'
import { deadlineMs, requestJson, unreachable } from './request-json.ts'

declare global {
  interface Window {
    /** What the page asked for before this code was read: web/build/early-start.ts. */
    peekManifest?: Promise<unknown>
  }
}

/** What an app is made of just now: the plugins enabled on this service, their home tiles and their screens. */
const appManifestSchema = v.object({
  app: v.string(),
  title: v.string(),
  build: v.string(),
  /** What the plugins' screens were built with, and the whole of what is served, by their names. */
  shell: v.optional(v.string()),
  edition: v.optional(v.string()),
  /** Whether devices may keep the app; `removed`: and have to take away what they kept. */
  offline: v.optional(v.picklist(['kept', 'removed', 'none'])),
  /** Since when this device has it, where it came from there. */
  keptAt: v.optional(v.number()),
  plugins: v.array(
    v.object({
      id: v.string(),
      title: v.string(),
      words: v.nullish(v.string()),
      iconUrl: v.nullish(v.string()),
      home: v.array(v.object({ title: v.string(), words: v.nullish(v.string()), path: v.string() })),
      screens: v.array(
        v.object({ path: v.string(), title: v.string(), url: v.string(), css: v.optional(v.array(v.string())) }),
      ),
      packsUrl: v.optional(v.string()),
      budgetMiB: v.optional(v.number()),
    }),
  ),
})
export type AppManifest = v.InferOutput<typeof appManifestSchema>
export type PluginEntry = AppManifest['plugins'][number]
export type ScreenEntry = PluginEntry['screens'][number]

/**
 * Names the page's own shell: a device that keeps several editions answers with one for that. The first time it takes what
 * the page has asked for already.
 */
export async function loadAppManifest(shell: string): Promise<AppManifest> {
  const early = window.peekManifest
  delete window.peekManifest
  const parsed = v.safeParse(appManifestSchema, await early)
  if (parsed.success) return parsed.output
  // Nothing has come for as long as anybody should wait.
  if (early && performance.now() >= deadlineMs) throw unreachable()
  return requestJson(`/api/manifest?shell=${encodeURIComponent(shell)}`, appManifestSchema)
}
