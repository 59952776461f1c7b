import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { tryParseJson } from '#kernel/json.ts'

/** What a site needs to know of a web build: the manifest that the build left beside its files. */
const builtSchema = v.object({
  apps: v.record(v.string(), v.object({ index: v.string(), csp: v.string(), shell: v.optional(v.string(), '') })),
  plugins: v.record(
    v.string(),
    v.record(
      v.string(),
      v.object({
        url: v.string(),
        css: v.optional(v.array(v.string())),
        imports: v.optional(v.array(v.string())),
        needs: v.optional(v.array(v.string())),
      }),
    ),
  ),
  files: v.optional(v.record(v.string(), v.object({ hash: v.string(), sizeBytes: v.number() })), {}),
})
export type BuiltWeb = v.InferOutput<typeof builtSchema>

/** Read at each call: a new build is served without a restart. */
export function readBuiltWeb(distFolder: string): BuiltWeb | undefined {
  const path = join(distFolder, 'web-manifest.json')
  if (!existsSync(path)) return undefined
  const parsed = v.safeParse(builtSchema, tryParseJson(readFileSync(path, 'utf8')))
  return parsed.success ? parsed.output : undefined
}
