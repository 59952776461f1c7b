import * as v from 'valibot'
import { requestJson } from './request-json.ts'

/** What an app is made of just now: the plugins enabled on this service, their home tiles and their screens. */
const appManifestSchema = v.object({
  app: v.string(),
  title: v.string(),
  build: v.string(),
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
    }),
  ),
})
export type AppManifest = v.InferOutput<typeof appManifestSchema>
export type PluginEntry = AppManifest['plugins'][number]
export type ScreenEntry = PluginEntry['screens'][number]

export function loadAppManifest(): Promise<AppManifest> {
  return requestJson('/api/manifest', appManifestSchema)
}
