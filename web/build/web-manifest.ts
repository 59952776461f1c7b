import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { tryParseJson } from '#kernel/json.ts'

/** What a web build made, for the services that serve it. Paths are relative to the build's folder, URLs are public. */
const builtFileSchema = v.object({
  url: v.string(),
  css: v.optional(v.array(v.string())),
  /** Chunks of the same plugin that must be there before it can run. */
  imports: v.optional(v.array(v.string())),
  /** What else the module may come to load: chunks and pictures of the same plugin. */
  needs: v.optional(v.array(v.string())),
})
/** `hash` is the SHA-256 of the content in base64url: whoever keeps a copy can tell whether it is whole. */
const builtContentSchema = v.object({ hash: v.string(), sizeBytes: v.number() })
const builtPluginSchema = v.record(v.string(), builtFileSchema)
const webManifestSchema = v.object({
  apps: v.record(
    v.string(),
    v.object({
      index: v.string(),
      csp: v.string(),
      /** Names the page and all the code it starts with: another shell, another name. Written into the page as well. */
      shell: v.string(),
    }),
  ),
  /** By plugin id, then by the path in the plugin's folder: screens as its manifest names them, and `assets/...`. */
  plugins: v.record(v.string(), builtPluginSchema),
  /** Plugins whose screens could not be built, and why. */
  failures: v.record(v.string(), v.string()),
  inputHash: v.string(),
  /** Our own files outside `web` and `plugins` that went into the build. */
  sources: v.array(v.string()),
  /** Every file of this build, by its path. */
  files: v.record(v.string(), builtContentSchema),
})
export type WebManifest = v.InferOutput<typeof webManifestSchema>
export type BuiltFile = v.InferOutput<typeof builtFileSchema>
export type BuiltContent = v.InferOutput<typeof builtContentSchema>
export type BuiltPlugin = v.InferOutput<typeof builtPluginSchema>

export const webManifestFile = 'web-manifest.json'

/** The manifest of the build in `outDir`, or undefined when there is none this version can read. */
export async function readWebManifest(outDir: string): Promise<WebManifest | undefined> {
  const text = await readFile(join(outDir, webManifestFile), 'utf8').catch(() => '')
  const manifest = v.safeParse(webManifestSchema, tryParseJson(text))
  return manifest.success ? manifest.output : undefined
}
