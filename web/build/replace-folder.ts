import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** The folder this process fills before it takes the place of `target`: beside it, so that a rename is enough. */
export function buildingFolder(target: string): string {
  return `${target}.building-${process.pid}`
}

/** Removes what builds that were killed half way have left beside `target`. */
export async function removeAbandoned(target: string): Promise<void> {
  const beginning = `${basename(target)}.building-`
  const names = await readdir(dirname(target)).catch(() => [])
  for (const name of names.filter((candidate) => candidate.startsWith(beginning))) {
    const pid = Number.parseInt(name.slice(beginning.length), 10)
    if (!isRunning(pid)) await rm(join(dirname(target), name), { recursive: true, force: true })
  }
}

/**
 * Fills `building` and then puts it where `target` is. Readers see the old folder or the new one, never a mixture;
 * when filling fails the old one stays. Another process may do the same at the same time: the last one wins.
 */
export async function replaceFolder(options: {
  readonly building: string
  readonly target: string
  fill(): Promise<void>
}): Promise<void> {
  const { building, target } = options
  const retired = `${building}-retired`
  try {
    await rm(building, { recursive: true, force: true })
    await mkdir(building, { recursive: true })
    await options.fill()
    for (let attempt = 1; ; attempt++) {
      await rename(target, retired).catch(ignoreMissing)
      try {
        await rename(building, target)
        return
      } catch (error) {
        // Somebody else put a folder there between our two renames.
        if (attempt === 3 || !isCode(error, 'ENOTEMPTY', 'EEXIST')) throw error
        await rm(retired, { recursive: true, force: true })
      }
    }
  } finally {
    await rm(building, { recursive: true, force: true })
    await rm(retired, { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

function ignoreMissing(error: unknown): void {
  if (!isCode(error, 'ENOENT')) throw error
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
