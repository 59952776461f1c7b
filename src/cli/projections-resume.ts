/** `projections resume`: lets a paused rebuild go on. */
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { findRebuild, onlyWord, steer } from './projections-client.ts'
import { rebuildWords } from './projections-words.ts'

const help = `bun run peek projections resume <plugin>.<projection> [--home DIR] [--url URL] [--json]

Lets its paused rebuild go on where it was.`

export const resumeCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, clientFlags)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const id = onlyWord(words, help)
    const admin = await openAdmin(flags)
    const rebuild = await steer(admin, await findRebuild(admin, id), 'resume')
    showResult(flags.json === true, rebuild.whole, [rebuildWords(rebuild)])
    return 0
  },
}
