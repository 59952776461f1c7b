import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import { build, type Rolldown } from 'vite'
import type { Log } from '#kernel/log.ts'
import { areaImports } from './area-imports.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { putEarlyStart } from './early-start.ts'
import { importMap } from './import-map.ts'
import { lightIcons } from './light-icons.ts'
import { pageBuild } from './page-build.ts'
import { type CompiledFiles, solidTransform } from './solid-transform.ts'
import { sourcesSeen } from './sources-seen.ts'
import { makeStartScript } from './start-script.ts'
import { commonViteSettings, cssAndScriptTarget } from './vite-settings.ts'

/** Builds one shell to `<outDir>/<app>/`: index.html, hashed assets, and the files of its public folder as they are. */
export async function buildShell(options: {
  readonly app: string
  readonly root: string
  readonly outDir: string
  readonly compiled: CompiledFiles
  readonly sources: Set<string>
  readonly log: Log
}): Promise<{ index: string; csp: string; shell: string }> {
  const { app, root, outDir, compiled, sources, log } = options
  const output = await build({
    ...commonViteSettings(log),
    root: join(root, 'web/shells', app),
    base: '/',
    plugins: [
      areaImports(root),
      lightIcons(),
      solidTransform(compiled),
      tailwindcss(),
      pageBuild(root),
      importMap(),
      // The admin app shows nothing before somebody has signed in.
      ...(app === 'admin' ? [] : [putEarlyStart()]),
      sourcesSeen(root, sources),
    ],
    build: {
      outDir: join(outDir, app),
      emptyOutDir: true,
      target: cssAndScriptTarget,
      modulePreload: false,
      assetsInlineLimit: 0,
      reportCompressedSize: false,
    },
  })
  await makeStartScript({ folder: join(outDir, app), output: output as Rolldown.RolldownOutput, log })
  const index = `${app}/index.html`
  const bare = await readFile(join(outDir, index), 'utf8')
  const shell = shellName(bare)
  const html = bare.replace('<head>', `<head><meta name="peek-shell" content="${shell}">`)
  await writeFile(join(outDir, index), html)
  return { index, csp: contentSecurityPolicy(html), shell }
}

/** The page names its code by hashes, and that code the rest: the text of the page stands for all of it. */
function shellName(html: string): string {
  return createHash('sha256').update(html).digest('base64url').slice(0, 16)
}
