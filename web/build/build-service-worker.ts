import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import type { Log } from '#kernel/log.ts'
import { areaImports } from './area-imports.ts'
import { sourcesSeen } from './sources-seen.ts'
import { commonViteSettings, cssAndScriptTarget } from './vite-settings.ts'

/** Where a browser asks for it, in every app the same. */
const fileName = 'sw.js'

/**
 * Builds the service worker into the folder of each app, always under the same name: by that name browsers look for a
 * newer one. One plain script without imports, which is what every browser takes.
 */
export async function buildServiceWorker(options: {
  readonly apps: readonly string[]
  readonly root: string
  readonly outDir: string
  readonly sources: Set<string>
  readonly log: Log
}): Promise<void> {
  const { apps, root, outDir, sources, log } = options
  const [first, ...others] = apps.map((app) => join(outDir, app))
  if (first === undefined) return
  await build({
    ...commonViteSettings(log),
    root,
    publicDir: false,
    plugins: [areaImports(root), sourcesSeen(root, sources)],
    build: {
      outDir: first,
      emptyOutDir: false,
      target: cssAndScriptTarget,
      modulePreload: false,
      reportCompressedSize: false,
      rolldownOptions: {
        input: join(root, 'web/shells/service-worker/main.ts'),
        output: { format: 'iife', strict: true, entryFileNames: fileName },
      },
    },
  })
  for (const folder of others) await copyFile(join(first, fileName), join(folder, fileName))
}
