import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuiltContent } from './web-manifest.ts'

/** Every file under `folder` by its path there, with what tells a whole copy of it from another. */
export async function builtFiles(folder: string): Promise<Record<string, BuiltContent>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
  const contents = await Promise.all(paths.map(async (path) => [path, await contentOf(join(folder, path))] as const))
  return Object.fromEntries(contents)
}

async function contentOf(file: string): Promise<BuiltContent> {
  const bytes = await readFile(file)
  return { hash: createHash('sha256').update(bytes).digest('base64url'), sizeBytes: bytes.byteLength }
}
