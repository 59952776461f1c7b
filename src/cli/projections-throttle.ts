/** `projections throttle`: how fast a rebuild may go. */
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { parseCount } from './parse-count.ts'
import { findRebuild, steer } from './projections-client.ts'
import { rateWords } from './projections-words.ts'

const help = `bun run peek projections throttle <plugin>.<projection> <events a second | none> [--home DIR] [--url URL] [--json]

Sets how many events a second its rebuild may take from here on; "none": as fast as live work allows.`

export const throttleCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, clientFlags)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const [id, rate, ...more] = words
    if (id === undefined || rate === undefined || more.length > 0)
      throw new PlatformError('bad-input', `Say which projection, and how fast.\n\n${help}`)
    const rateMax = rate === 'none' ? null : parseCount('The rate', rate)
    const admin = await openAdmin(flags)
    const rebuild = await steer(admin, await findRebuild(admin, id), 'throttle', { rateMax })
    const pace = rateMax === null ? 'as fast as live work allows' : `at ${rateWords(rateMax)} at most`
    showResult(flags.json === true, rebuild.whole, [`The rebuild of ${rebuild.projection} goes on ${pace}.`])
    return 0
  },
}
