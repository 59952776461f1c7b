import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '#kernel/log.ts'
import { buildErrorWords } from './build-error-words.ts'
import { buildPlugin } from './build-plugin.ts'
import { buildServiceWorker } from './build-service-worker.ts'
import { buildShell } from './build-shell.ts'
import { builtFiles } from './built-files.ts'
import { inputHash } from './input-hash.ts'
import { readPluginFolders } from './plugin-folders.ts'
import { buildingFolder, removeAbandoned, replaceFolder } from './replace-folder.ts'
import { createCompiledFiles } from './solid-transform.ts'
import { offlineApps, webApps } from './web-apps.ts'
import {
  type BuiltContent,
  type BuiltPlugin,
  readWebManifest,
  type WebManifest,
  webManifestFile,
} from './web-manifest.ts'

/**
 * Builds the shells and the screens of every plugin folder into `outDir`, with a manifest of what was made.
 *
 * Promises: nothing is built when no input changed; `outDir` always holds one whole build, replaced at the end in one
 * step; a plugin that does not build is reported and left out, the others are not held up.
 * Asks: dependencies are installed under `root`. The compiler keeps its thread busy for seconds: a service that
 * answers requests runs this in a process of its own.
 */
export async function buildWeb(options: {
  readonly root: string
  readonly outDir: string
  readonly log: Log
}): Promise<void> {
  const { root, outDir, log } = options
  const previous = await readWebManifest(outDir)
  if (previous !== undefined && (await isCurrent(root, previous))) {
    log.debug('The web build is up to date', { outDir })
    return
  }
  const startedAt = performance.now()
  log.info('Building the web apps and plugin screens', { outDir })
  const building = buildingFolder(outDir)
  await removeAbandoned(outDir)
  await replaceFolder({ building, target: outDir, fill: () => buildInto(building, previous, options) })
  log.info('The web build is ready', { seconds: Math.round((performance.now() - startedAt) / 100) / 10 })
}

async function isCurrent(root: string, manifest: WebManifest): Promise<boolean> {
  if (Object.keys(manifest.failures).length > 0) return false
  return manifest.inputHash === (await inputHash(root, manifest.sources))
}

async function buildInto(
  building: string,
  previous: WebManifest | undefined,
  { root, outDir, log }: { readonly root: string; readonly outDir: string; readonly log: Log },
): Promise<void> {
  const compiled = createCompiledFiles()
  const sources = new Set<string>()
  const apps: WebManifest['apps'] = {}
  for (const app of webApps) apps[app] = await buildShell({ app, root, outDir: building, compiled, sources, log })
  await buildServiceWorker({ apps: offlineApps, root, outDir: building, sources, log })

  const plugins: Record<string, BuiltPlugin> = {}
  const failures: Record<string, string> = {}
  for (const plugin of await readPluginFolders(root)) {
    try {
      plugins[plugin.id] = await buildPlugin({ plugin, root, outDir: building, compiled, sources, log })
    } catch (error) {
      const words = buildErrorWords(error, root)
      failures[plugin.id] = words
      log.error(`The screens of plugin "${plugin.id}" could not be built: ${words}`)
    }
  }
  const files = await builtFiles(building)
  await keepFilesOf(previous, outDir, building, files)
  const otherSources = [...sources].sort()
  const hash = await inputHash(root, otherSources)
  const manifest: WebManifest = { apps, plugins, failures, inputHash: hash, sources: otherSources, files }
  await writeFile(join(building, webManifestFile), `${JSON.stringify(manifest, null, 2)}\n`)
}

/** Pages opened before this build still ask for the hashed files they know: those stay for one more build. */
async function keepFilesOf(
  previous: WebManifest | undefined,
  outDir: string,
  building: string,
  files: Readonly<Record<string, BuiltContent>>,
): Promise<void> {
  for (const file of Object.keys(previous?.files ?? {})) {
    if (files[file] !== undefined) continue
    await mkdir(join(building, file, '..'), { recursive: true })
    const kept = Bun.file(join(outDir, file))
    if (await kept.exists()) await Bun.write(join(building, file), kept)
  }
}
