/** The sources as the rules see them: every TypeScript file that is ours. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const projectFolder = resolve(import.meta.dir, '..', '..')

export type SourceFile = {
  /** From the project folder, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly isTest: boolean
}

const sourceFolders = ['src', 'plugins', 'projections', 'web', 'test']

export function readSourceFiles(): SourceFile[] {
  const pattern = new Bun.Glob(`{${sourceFolders.join(',')}}/**/*.{ts,tsx}`)
  const paths = [...pattern.scanSync({ cwd: projectFolder })].map((path) => path.replaceAll('\\', '/'))
  return paths
    .filter((path) => !/(^|\/)(node_modules|dist[^/]*)\//.test(path))
    .sort()
    .map((path) => ({
      path,
      text: readFileSync(join(projectFolder, path), 'utf8'),
      isTest: path.startsWith('test/') || /\.(test|spec|test-types)\.tsx?$/.test(path),
    }))
}
