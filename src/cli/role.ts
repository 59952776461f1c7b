/** `logic`, `field`, `office`, `agent`, `worker`: one service in this process. */
import { join } from 'node:path'
import type { ServiceRole } from '#config/options/role-options.ts'
import type { Command } from './command.ts'
import { ensureWeb } from './ensure-web.ts'
import { projectFolder } from './project-folder.ts'

type RoleModule = { main(args: readonly string[]): Promise<void> }

const rolesWithApps: readonly ServiceRole[] = ['logic', 'field', 'office']

export function roleCommand(role: ServiceRole): Command {
  return {
    run: async (args) => {
      const isHelp = args.includes('--help') || args.includes('-h')
      if (rolesWithApps.includes(role) && !isHelp) await ensureWeb((words) => console.error(words))
      const module = (await import(join(projectFolder, 'src/services', role, 'main.ts'))) as RoleModule
      await module.main(args)
      return isHelp ? 0 : undefined
    },
  }
}
