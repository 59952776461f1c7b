/**
 * Builds the web apps when they are missing or out of date.
 *
 * In a process of its own: the compiler needs much memory for a short time, and a service lives long.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError } from '#kernel/platform-error.ts'
import { projectFolder } from './project-folder.ts'

export const webBuilder = join(projectFolder, 'web/build/build-web.ts')

export async function ensureWeb(tell: (words: string) => void): Promise<void> {
  if (!existsSync(webBuilder)) return
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'main.ts'), 'build-web', '--quiet'], {
    cwd: projectFolder,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [said, complained, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  for (const line of said.split('\n').filter((each) => each !== '')) tell(line)
  if (code !== 0) {
    throw new PlatformError('unavailable', `The web apps could not be built: ${complained.trim() || `code ${code}`}`)
  }
}
