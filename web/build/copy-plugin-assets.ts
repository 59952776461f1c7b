import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { PluginFolder } from './plugin-folders.ts'
import type { BuiltFile } from './web-manifest.ts'

/** Copies `assets/**` of a plugin under names that carry a hash of the content, so that browsers may keep them. */
export async function copyPluginAssets(plugin: PluginFolder, outDir: string): Promise<Record<string, BuiltFile>> {
  const files = await readdir(join(plugin.folder, 'assets'), { recursive: true, withFileTypes: true }).catch(() => [])
  const target = join(outDir, 'plugins', plugin.id)
  await mkdir(target, { recursive: true })
  const copied: Record<string, BuiltFile> = {}
  for (const file of files.filter((entry) => entry.isFile())) {
    const source = join(file.parentPath, file.name)
    const content = await readFile(source)
    const name = hashedName(file.name, content)
    await writeFile(join(target, name), content)
    copied[source.slice(plugin.folder.length + 1)] = { url: `/plugins/${plugin.id}/${name}` }
  }
  return copied
}

function hashedName(name: string, content: Uint8Array): string {
  const extension = extname(name)
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 10)
  return `${name.slice(0, name.length - extension.length)}-${hash}${extension}`
}
