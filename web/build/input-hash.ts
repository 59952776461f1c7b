import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Glob } from 'bun'

/**
 * One hash over everything a web build depends on: the web and plugin folders, the given sources elsewhere, and the
 * lockfile for all packages. Equal hash, equal build.
 */
export async function inputHash(root: string, otherSources: readonly string[]): Promise<string> {
  const files = [...new Set([...(await listInputs(root)), ...otherSources])].sort()
  const hash = createHash('sha256')
  for (const file of files) {
    const content = await readFile(join(root, file)).catch(() => undefined)
    hash.update(`${file}\n${content?.byteLength ?? 'missing'}\n`)
    if (content !== undefined) hash.update(content)
  }
  return hash.digest('hex')
}

const inputPatterns = [
  'package.json',
  'bun.lock',
  'web/{build,sdk,shells,ui}/**/*',
  'plugins/*/package.json',
  'plugins/*/{ui,shared,assets}/**/*',
]

async function listInputs(root: string): Promise<string[]> {
  const found: string[] = []
  for (const pattern of inputPatterns) {
    for await (const file of new Glob(pattern).scan({ cwd: root, onlyFiles: true })) found.push(file)
  }
  return found.filter((file) => !/\.test\.tsx?$/.test(file))
}
