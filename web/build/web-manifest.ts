import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { tryParseJson } from '#kernel/json.ts'

/** What a web build made, for the services that serve it. Paths are relative to the build's folder, URLs are public. */
const builtFileSchema = v.object({ url: v.string(), css: v.optional(v.array(v.string())) })
const builtPluginSchema = v.record(v.string(), builtFileSchema)
const webManifestSchema = v.object({
  apps: v.record(v.string(), v.object({ index: v.string(), csp: v.string() })),
  /** By plugin id, then by the path in the plugin's folder: screens as its manifest names them, and `assets/...`. */
  plugins: v.record(v.string(), builtPluginSchema),
  /** Plugins whose screens could not be built, and why. */
  failures: v.record(v.string(), v.string()),
  inputHash: v.string(),
  /** Our own files outside `web` and `plugins` that went into the build. */
  sources: v.array(v.string()),
  /** Every file of this build. */
  files: v.array(v.string()),
})
export type WebManifest = v.InferOutput<typeof webManifestSchema>
export type BuiltFile = v.InferOutput<typeof builtFileSchema>
export type BuiltPlugin = v.InferOutput<typeof builtPluginSchema>

export const webManifestFile = 'web-manifest.json'

/** The manifest of the build in `outDir`, or undefined when there is none this version can read. */
export async function readWebManifest(outDir: string): Promise<WebManifest | undefined> {
  const text = await readFile(join(outDir, webManifestFile), 'utf8').catch(() => '')
  const manifest = v.safeParse(webManifestSchema, tryParseJson(text))
  return manifest.success ? manifest.output : undefined
}
