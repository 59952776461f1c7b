import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import { build } from 'vite'
import type { Log } from '#kernel/log.ts'
import { areaImports } from './area-imports.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { importMap } from './import-map.ts'
import { pageBuild } from './page-build.ts'
import { type CompiledFiles, solidTransform } from './solid-transform.ts'
import { sourcesSeen } from './sources-seen.ts'
import { commonViteSettings, cssAndScriptTarget } from './vite-settings.ts'

/** Builds one shell to `<outDir>/<app>/`: index.html, hashed assets, and the files of its public folder as they are. */
export async function buildShell(options: {
  readonly app: string
  readonly root: string
  readonly outDir: string
  readonly compiled: CompiledFiles
  readonly sources: Set<string>
  readonly log: Log
}): Promise<{ index: string; csp: string }> {
  const { app, root, outDir, compiled, sources, log } = options
  await build({
    ...commonViteSettings(log),
    root: join(root, 'web/shells', app),
    base: '/',
    plugins: [
      areaImports(root),
      solidTransform(compiled),
      tailwindcss(),
      pageBuild(root),
      importMap(),
      sourcesSeen(root, sources),
    ],
    build: {
      outDir: join(outDir, app),
      emptyOutDir: true,
      target: cssAndScriptTarget,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
    },
  })
  const html = await readFile(join(outDir, app, 'index.html'), 'utf8')
  return { index: `${app}/index.html`, csp: contentSecurityPolicy(html) }
}
