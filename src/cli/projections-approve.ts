/** `projections approve`: gives the word to swap. */
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { findRebuild, onlyWord, steer } from './projections-client.ts'
import { followRebuild } from './projections-follow.ts'

const help = `bun run peek projections approve <plugin>.<projection> [--follow] [--home DIR] [--url URL] [--json]

Swaps the new tables in, of a rebuild that waits for somebody to look at the differences (begun with --ask).
  --follow  stays until it is over; ends with 1 when it failed`

export const approveCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, follow: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const id = onlyWord(words, help)
    const admin = await openAdmin(flags)
    const rebuild = await steer(admin, await findRebuild(admin, id), 'approve')
    if (flags.follow) return followRebuild(() => openAdmin(flags), rebuild, flags.json === true, true)
    const sentence = `The new tables of ${rebuild.projection} are swapped in; "projections status ${rebuild.projection}" shows when it is done.`
    showResult(flags.json === true, rebuild.whole, [sentence])
    return 0
  },
}
