import { readEnvironment } from '#config/environment.ts'
import { projectFolder } from './project-folder.ts'

/**
 * What all random tests of one run begin with: PEEK_SEED where that is set, else what follows from the committed files, so that
 * the same files always get the same verdict, and every change tries other cases. Undefined without git: any.
 */
export function seedOfRun(folder = projectFolder, { PEEK_SEED: given } = readEnvironment()): string | undefined {
  if (given !== undefined) return given
  const hash = hashOfCommitted(folder)
  // The first 31 of its bits.
  return hash === undefined ? undefined : String(Number.parseInt(hash.slice(0, 8), 16) >>> 1)
}

function hashOfCommitted(folder: string): string | undefined {
  try {
    const command = ['git', '-C', folder, 'rev-parse', '--verify', '--quiet', 'HEAD^{tree}']
    const { exitCode, stdout } = Bun.spawnSync(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' })
    return exitCode === 0 ? stdout.toString().trim() : undefined
  } catch {
    // There is no git on this machine.
    return undefined
  }
}
