/**
 * A disk that is soon full: a file system of its own in memory where this process may mount one, otherwise an ordinary
 * folder, and the test limits the size of the database file instead.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type SmallDisk = {
  readonly folder: string
  /** Undefined when the disk itself is small. */
  readonly fileSizeBytesMax: number | undefined
  /** Takes or gives back room that nobody else can use. */
  setBallast(sizeBytes: number): void
  remove(): void
}

export function makeSmallDisk(sizeBytes: number): SmallDisk {
  const base = mkdtempSync(join(tmpdir(), 'small-disk-'))
  const folder = join(base, 'disk')
  mkdirSync(folder)
  const isMounted = run('mount', '-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder)
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fileSizeBytesMax: isMounted ? undefined : sizeBytes,
    setBallast(ballastBytes) {
      rmSync(ballast, { force: true })
      if (isMounted && ballastBytes > 0) writeFileSync(ballast, Buffer.alloc(ballastBytes))
    },
    remove() {
      if (isMounted) run('umount', '--lazy', folder)
      rmSync(base, { recursive: true })
    },
  }
}

function run(...words: string[]): boolean {
  try {
    return Bun.spawnSync(words, { stderr: 'ignore' }).exitCode === 0
  } catch {
    return false
  }
}
