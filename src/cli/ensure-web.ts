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
  const [, complained, code] = await Promise.all([
    tellLines(child.stdout, tell),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0) {
    throw new PlatformError('unavailable', `The web apps could not be built: ${complained.trim() || `code ${code}`}`)
  }
}

/** Each as it comes: whoever waits wants to know for what. */
async function tellLines(from: ReadableStream<Uint8Array>, tell: (words: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of from) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines.filter((each) => each !== '')) tell(line)
  }
  if (rest !== '') tell(rest)
}
