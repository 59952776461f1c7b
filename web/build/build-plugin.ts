import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Rolldown } from 'vite'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { areaImports } from './area-imports.ts'
import { copyPluginAssets } from './copy-plugin-assets.ts'
import { lightIcons } from './light-icons.ts'
import { onlySharedModules } from './only-shared-modules.ts'
import type { PluginFolder } from './plugin-folders.ts'
import { sharedModules } from './shared-modules.ts'
import { type CompiledFiles, solidTransform } from './solid-transform.ts'
import { sourcesSeen } from './sources-seen.ts'
import { commonViteSettings, cssAndScriptTarget } from './vite-settings.ts'
import type { BuiltFile, BuiltPlugin } from './web-manifest.ts'

/**
 * Builds the screens of one plugin to `<outDir>/plugins/<id>/` as native modules with hashed names, and copies its
 * assets there. The platform's modules stay imports by bare name: the page's import map resolves them.
 */
export async function buildPlugin(options: {
  readonly plugin: PluginFolder
  readonly root: string
  readonly outDir: string
  readonly compiled: CompiledFiles
  readonly sources: Set<string>
  readonly log: Log
}): Promise<BuiltPlugin> {
  const { plugin, outDir } = options
  const assets = await copyPluginAssets(plugin, outDir)
  if (plugin.screenModules.length === 0) return assets
  assertModulesExist(plugin)
  return { ...assets, ...toBuiltScreens(plugin, await bundleScreens(options)) }
}

async function bundleScreens(options: Parameters<typeof buildPlugin>[0]): Promise<Rolldown.RolldownOutput> {
  const { plugin, root, outDir, compiled, sources, log } = options
  const output = await build({
    ...commonViteSettings(log.named(plugin.id)),
    root: plugin.folder,
    base: './',
    publicDir: false,
    plugins: [
      onlySharedModules(root, plugin),
      areaImports(root),
      lightIcons(),
      solidTransform(compiled),
      sourcesSeen(root, sources),
    ],
    build: {
      outDir: join(outDir, 'plugins', plugin.id),
      emptyOutDir: false,
      assetsDir: '',
      target: cssAndScriptTarget,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rolldownOptions: {
        input: Object.fromEntries(
          plugin.screenModules.map((module) => [entryName(module), moduleFile(plugin, module)]),
        ),
        external: [...sharedModules],
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: '[name]-[hash].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  })
  return output as Rolldown.RolldownOutput
}

function toBuiltScreens(plugin: PluginFolder, { output }: Rolldown.RolldownOutput): BuiltPlugin {
  const built: Record<string, BuiltFile> = {}
  for (const module of plugin.screenModules) {
    const chunk = output.find((file) => file.type === 'chunk' && file.facadeModuleId === moduleFile(plugin, module))
    if (chunk?.type !== 'chunk') throw new PlatformError('plugin-failed', `Screen "${module}" was not built`)
    built[module] = toBuiltFile(plugin, chunk, output)
  }
  return built
}

type BuildOutput = Rolldown.RolldownOutput['output']

function toBuiltFile(plugin: PluginFolder, chunk: Rolldown.OutputChunk, output: BuildOutput): BuiltFile {
  const url = publicUrl(plugin, chunk.fileName)
  const css = [...(chunk.viteMetadata?.importedCss ?? [])].map((file) => publicUrl(plugin, file))
  const urlsOf = (files: readonly string[]) =>
    files
      .map((file) => publicUrl(plugin, file))
      .filter((needed) => needed !== url && !css.includes(needed))
      .sort()
  const needs = urlsOf(filesNeededBy(chunk, output))
  const imports = urlsOf(importedBy(chunk, output))
  return {
    url,
    ...(css.length > 0 && { css }),
    ...(imports.length > 0 && { imports }),
    ...(needs.length > 0 && { needs }),
  }
}

/** All that must be there before this chunk can run. */
function importedBy(first: Rolldown.OutputChunk, output: BuildOutput): string[] {
  return chunksFrom(first, output, (chunk) => chunk.imports).map(({ fileName }) => fileName)
}

/** All that running this chunk may come to load, also what it imports only later. */
function filesNeededBy(first: Rolldown.OutputChunk, output: BuildOutput): string[] {
  const chunks = chunksFrom(first, output, ({ imports, dynamicImports }) => [...imports, ...dynamicImports])
  const files = chunks.flatMap(({ fileName, viteMetadata }) => [
    fileName,
    ...(viteMetadata?.importedCss ?? []),
    ...(viteMetadata?.importedAssets ?? []),
  ])
  return [...new Set(files)]
}

/** A chunk and those behind it; what is no chunk of this plugin is a module of the page. */
function chunksFrom(
  first: Rolldown.OutputChunk,
  output: BuildOutput,
  next: (chunk: Rolldown.OutputChunk) => readonly string[],
): Rolldown.OutputChunk[] {
  const chunks = new Map(output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file] as const] : [])))
  const found = new Set([first])
  for (const chunk of found)
    for (const file of next(chunk)) {
      const behind = chunks.get(file)
      if (behind) found.add(behind)
    }
  return [...found]
}

function assertModulesExist(plugin: PluginFolder): void {
  const missing = plugin.screenModules.find((module) => !existsSync(moduleFile(plugin, module)))
  if (missing === undefined) return
  const words = `Plugin "${plugin.id}" names the screen "${missing}" in its package.json, but there is no such file`
  throw new PlatformError('bad-definition', words, { facts: { plugin: plugin.id, module: missing } })
}

function moduleFile(plugin: PluginFolder, module: string): string {
  return join(plugin.folder, module)
}

/** `ui/field/string-ints.tsx` becomes `field-string-ints`. */
function entryName(module: string): string {
  return module
    .replace(/^(\.\/)?(ui\/)?/, '')
    .replace(/\.[jt]sx?$/, '')
    .replaceAll('/', '-')
}

function publicUrl(plugin: PluginFolder, fileName: string): string {
  return `/plugins/${plugin.id}/${fileName}`
}
