/** `projections cancel`: ends a rebuild; the live tables stay. */
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { findRebuild, onlyWord, steer } from './projections-client.ts'
import { rebuildWords } from './projections-words.ts'

const help = `bun run peek projections cancel <plugin>.<projection> [--reason WORDS] [--home DIR] [--url URL] [--json]

Ends its rebuild and drops what was built. The live tables are as they were; another rebuild begins from the start.`

const defaultReason = 'asked for on the command line'

export const cancelCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, reason: 'text' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const id = onlyWord(words, help)
    const admin = await openAdmin(flags)
    const reason = flags.reason ?? defaultReason
    const rebuild = await steer(admin, await findRebuild(admin, id), 'cancel', { reason })
    showResult(flags.json === true, rebuild.whole, [rebuildWords(rebuild)])
    return 0
  },
}
