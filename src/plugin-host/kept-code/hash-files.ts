import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A short hash of the code in a folder, its screens left out; of a folder that is not there, that of an empty one. */
export async function hashFiles(folder: string): Promise<string> {
  const found = folder === '' ? [] : await readdir(folder, { recursive: true }).catch(() => [])
  const code = found.filter((path) => path.endsWith('.ts') && !/(^|\/)(ui|node_modules)\//.test(path)).sort()
  const hash = createHash('sha256')
  for (const path of code) hash.update(`${path}\n`).update(await readFile(join(folder, path)))
  return hash.digest('hex').slice(0, 16)
}
