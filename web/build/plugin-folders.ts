import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'

/** A plugin folder as the web build sees it: which modules are screens, and which files are served beside them. */
export type PluginFolder = {
  readonly id: string
  readonly folder: string
  /** Those of screens and packs, as written in the manifest, for instance `ui/field/string-ints.tsx`. */
  readonly screenModules: readonly string[]
}

/** The part of a manifest that names modules for pages. The host checks the whole; here unknown keys are none of our business. */
const manifestSchema = v.object({
  peek: v.object({
    id: v.string(),
    apps: v.optional(
      v.record(
        v.string(),
        v.object({
          screens: v.optional(v.array(v.object({ module: v.string() })), []),
          packs: v.optional(v.string()),
        }),
      ),
      {},
    ),
  }),
})

export async function readPluginFolders(root: string): Promise<PluginFolder[]> {
  const names = await listFolders(join(root, 'plugins'))
  const folders = await Promise.all(names.map((name) => readPluginFolder(join(root, 'plugins', name))))
  return folders.filter((folder) => folder !== undefined)
}

async function readPluginFolder(folder: string): Promise<PluginFolder | undefined> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const manifest = v.safeParse(manifestSchema, tryParseJson(text))
  if (!manifest.success) {
    const place = v.getDotPath(manifest.issues[0]) ?? 'package.json'
    const words = `${join(folder, 'package.json')}: "${place}" is not usable: ${manifest.issues[0].message}`
    throw new PlatformError('bad-definition', words, { facts: { folder, place } })
  }
  const { id, apps } = manifest.output.peek
  const modules = Object.values(apps).flatMap(({ screens, packs }) => [
    ...screens.map((screen) => screen.module),
    ...(packs === undefined ? [] : [packs]),
  ])
  return { id, folder, screenModules: [...new Set(modules)].sort() }
}

async function listFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => entry.name)
    .sort()
}
