/** `faults` and `bench`: programs in test/ that bring their own arguments. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Command } from './command.ts'
import { projectFolder } from './project-folder.ts'

export const faultsCommand = scriptCommand('test/faults/main.ts')
export const benchCommand = scriptCommand('test/bench/main.ts')

function scriptCommand(path: string): Command {
  return {
    run: async (args) => {
      const script = join(projectFolder, path)
      if (!existsSync(script)) throw new PlatformError('not-found', `${path} is not there; is this a whole checkout?`)
      const child = Bun.spawn([process.execPath, script, ...args], {
        cwd: projectFolder,
        stdio: ['inherit', 'inherit', 'inherit'],
      })
      return child.exited
    },
  }
}
